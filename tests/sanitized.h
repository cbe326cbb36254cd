// Fewer cases under the sanitizers, where each takes many times as long: they look at the code, which a part
// of the cases runs as well as all do. The release build's tests make all of them.
#ifndef BPFOPT_TESTS_SANITIZED_H
#define BPFOPT_TESTS_SANITIZED_H

#include <algorithm>
#include <cstddef>
#include <vector>

namespace bpfopt {

#ifdef BPFOPT_IS_SANITIZED
inline constexpr std::size_t kShareOfCases = 8;
#else
inline constexpr std::size_t kShareOfCases = 1;
#endif

// Of that many rounds, or of that many changes to expect of them.
template <typename Count>
constexpr Count FewerIfSanitized(Count count) {
  return std::max(Count{1}, static_cast<Count>(count / static_cast<Count>(kShareOfCases)));
}

template <typename Case>
std::vector<Case> FewerIfSanitized(const std::vector<Case>& cases) {
  std::vector<Case> some;
  for (std::size_t i = 0; i < cases.size(); i += kShareOfCases) some.push_back(cases[i]);
  return some;
}

}  // namespace bpfopt

#endif  // BPFOPT_TESTS_SANITIZED_H
