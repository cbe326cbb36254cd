// The run: judges the rows of a corpus and random filters, and brings what it finds in random ones down to
// the shortest filters that show it.
#ifndef BPFOPT_BENCH_FINDINGS_H
#define BPFOPT_BENCH_FINDINGS_H

#include "bench/corpus.h"
#include "bench/filter_generator.h"
#include "bench/judge.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace bpfopt::bench {

// A filter that is not just equal or refused.
struct Finding {
  std::string id;  // of a corpus row
  std::string filter;
  std::string link_type;
  Judgement judgement;
  // Of random filters: how many came down to this one, over which link types, and the first of them.
  std::size_t filters = 1;
  std::set<std::string> link_types = {};
  std::string first = {};
};

struct Findings {
  std::vector<Finding> found;  // by outcome, then in the order of the corpus or by how many filters show it
  std::map<Outcome, std::size_t> counts;
  std::size_t rows = 0;
  std::vector<double> milliseconds;  // of all proofs
};

struct RandomOptions {
  std::size_t filters = 0;
  std::uint64_t seed = 1;
  unsigned size = 6;                       // predicates of a filter, at most
  std::vector<LinkProfile> profiles = {};  // taken in turn
  std::function<void(std::size_t done)> progress = {};
};

Expected<Findings> JudgeCorpus(const std::vector<CorpusRow>& rows, const JudgeOptions& options);

// The filter with a number depends on the seed, the size and the profiles alone.
FilterNode RandomFilterAt(const RandomOptions& random, std::size_t index);
Expected<Findings> JudgeRandom(const RandomOptions& random, const JudgeOptions& options);

// The shortest filter with the same symptom on the same link type.
Expected<FilterNode> MinimiseFinding(const FilterNode& filter, const std::string& link_type,
                                     const JudgeOptions& options);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_FINDINGS_H
