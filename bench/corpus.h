// The corpus: files of rows `id | link type | filter`, and the best programs found by hand.
#ifndef BPFOPT_BENCH_CORPUS_H
#define BPFOPT_BENCH_CORPUS_H

#include "bpfopt/error.h"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace bpfopt::bench {

struct CorpusRow {
  std::string file;
  std::string id;
  std::string link_type;
  std::string filter;
};

struct Corpus {
  std::vector<CorpusRow> rows;                      // files by name, rows in their order
  std::map<std::string, std::size_t> hand_written;  // instructions by id, from hand.txt
};

Expected<Corpus> ReadCorpus(const std::string& directory);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_CORPUS_H
