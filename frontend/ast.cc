// Nodes stand in one order only, that of the text, so trees are compared node by node.
#include "frontend/ast.h"

#include <algorithm>
#include <cmath>

namespace bpfopt::frontend {

std::optional<std::uint32_t> RandThreshold(double probability) {
  const double scaled = std::round(std::ldexp(probability, 32));
  // Written so that NaN fails too.
  if (!(scaled >= 1 && scaled <= 0xffffffff)) return std::nullopt;
  return static_cast<std::uint32_t>(scaled);
}

bool SameFilter(const Ast& a, const Ast& b) {
  return std::equal(a.nodes.begin(), a.nodes.end(), b.nodes.begin(), b.nodes.end(),
                    [](const Node& x, const Node& y) { return x.kind == y.kind; });
}

}  // namespace bpfopt::frontend
