// The public face of lower bounds. What the search finds is counted once more by the checker.
#include "bpfopt/lower_bound.h"

#include "verifier/bound_checker.h"
#include "verifier/bound_search.h"

#include <algorithm>

#include <fmt/format.h>

namespace bpfopt {
namespace {

constexpr std::size_t kUsualSize = 128;

}  // namespace

LowerBound FindLowerBound(const Program& source, const Program& hint, const LowerBoundOptions& options) {
  const verifier::BoundedSource bounded = {source, options.target, options.relation};
  const std::size_t runs = options.runs * kUsualSize / std::max(kUsualSize, source.size());
  LowerBound bound = verifier::SearchLowerBound(bounded, hint, runs);
  bound.instructions = verifier::BorneOut(bounded, bound.witnesses);
  return bound;
}

Expected<void> CheckLowerBound(const Program& source, const LowerBound& bound,
                               const LowerBoundOptions& options) {
  const std::size_t borne_out =
      verifier::BorneOut({source, options.target, options.relation}, bound.witnesses);
  if (borne_out >= bound.instructions) return {};
  return InvalidInput(fmt::format("the certificate bears out {} instructions; expected one for at least {}",
                                  borne_out, bound.instructions));
}

}  // namespace bpfopt
