// Compiles with both and judges tcpdump's program by the same proof as ours.
#include "bench/measure.h"

#include "bench/tcpdump.h"
#include "bpfopt/lower_bound.h"
#include "bpfopt/verify.h"

#include <utility>

namespace bpfopt::bench {

Expected<Row> Measure(const CorpusRow& corpus, const CompileOptions& base_options) {
  Row row;
  row.corpus = corpus;
  if (const auto link_type = FindLinkType(corpus.link_type); !link_type) {
    row.status = Status::kUnsupported;
    row.message = link_type.error().message;
    return row;
  }
  CompileOptions options = base_options;
  options.link_type = corpus.link_type;
  const auto begin = std::chrono::steady_clock::now();
  auto compiled = Compile(corpus.filter, options);
  row.compile_time = std::chrono::steady_clock::now() - begin;
  if (!compiled) {
    row.status = Status::kFailed;
    row.message = compiled.error().message;
    return row;
  }
  row.ours = compiled->program.size();
  row.proven = compiled->proven;
  row.bound = FindLowerBound(compiled->source, compiled->program,
                             {.target = options.target, .relation = options.relation})
                  .instructions;
  row.program = std::move(compiled->program);

  auto theirs = AskTcpdump(corpus.link_type, corpus.filter);
  if (!theirs) return tl::unexpected(theirs.error());
  if (theirs->refused) {
    row.status = Status::kTcpdumpRefuses;
    row.message = theirs->message;
    return row;
  }
  row.theirs = theirs->program.size();
  row.their_program = std::move(theirs->program);
  const auto verdict = Verify(compiled->source, row.their_program, {.relation = options.relation});
  if (verdict && verdict->answer == Answer::kDifferent) {
    row.status = Status::kTcpdumpWrong;
    row.message = Describe(*verdict->counterexample);
  } else if (!verdict || verdict->answer == Answer::kUndecided) {
    row.status = Status::kTcpdumpUndecided;
    row.message = verdict ? verdict->reason : verdict.error().message;
  }
  return row;
}

Expected<std::vector<Row>> MeasureCorpus(const Corpus& corpus, const CompileOptions& options) {
  std::vector<Row> rows;
  for (const auto& each : corpus.rows) {
    auto row = Measure(each, options);
    if (!row) return tl::unexpected(row.error());
    const auto by_hand = corpus.hand_written.find(each.id);
    if (by_hand != corpus.hand_written.end()) row->by_hand = by_hand->second;
    rows.push_back(std::move(*row));
  }
  return rows;
}

}  // namespace bpfopt::bench
