// What the ways to run bpfopt-bench have in common.
#ifndef BPFOPT_BENCH_MODE_H
#define BPFOPT_BENCH_MODE_H

#include <string>

namespace bpfopt::bench {

enum class Form { kText, kMarkdown, kJson };

struct ModeReport {
  std::string text;
  bool is_bad = false;  // a row has no program, or one that is not proven
};

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_MODE_H
