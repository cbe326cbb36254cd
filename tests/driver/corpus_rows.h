// The corpus as test parameters.
#ifndef BPFOPT_TESTS_DRIVER_CORPUS_ROWS_H
#define BPFOPT_TESTS_DRIVER_CORPUS_ROWS_H

#include "bench/corpus.h"
#include "bpfopt/compiler.h"
#include "sanitized.h"

#include <algorithm>
#include <cctype>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::bench {

inline void PrintTo(const CorpusRow& row, std::ostream* out) { *out << row.link_type << ": " << row.filter; }

}  // namespace bpfopt::bench

namespace bpfopt {

// Rows (some of them, under the sanitizers) of link types that bpfopt has, or (supported = false) has not.
inline std::vector<bench::CorpusRow> CorpusRows(bool supported = true) {
  auto corpus = bench::ReadCorpus(BPFOPT_CORPUS);
  if (!corpus) return {};
  std::erase_if(corpus->rows,
                [&](const auto& row) { return FindLinkType(row.link_type).has_value() != supported; });
  return FewerIfSanitized(corpus->rows);
}

inline std::string RowName(const testing::TestParamInfo<bench::CorpusRow>& info) {
  std::string name = info.param.file + "_" + info.param.id;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

inline CompileOptions OptionsFor(const bench::CorpusRow& row) {
  CompileOptions options;
  options.link_type = row.link_type;
  options.netmask = 0;
  options.check_invariants = true;
  return options;
}

}  // namespace bpfopt

#endif  // BPFOPT_TESTS_DRIVER_CORPUS_ROWS_H
