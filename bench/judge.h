// Judges what libpcap's optimizer did to a filter: its optimized program is verified against its unoptimized
// one, which is what the filter means.
#ifndef BPFOPT_BENCH_JUDGE_H
#define BPFOPT_BENCH_JUDGE_H

#include "bpfopt/error.h"
#include "bpfopt/verify.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bpfopt::bench {

enum class Outcome {
  kEqual,             // under both relations
  kBreaksFaithful,    // another verdict on a complete packet, or a fault on an accepted one
  kBreaksStrict,      // another verdict on truncated packets alone
  kUndecided,         // the verifier ran out of its budget
  kRefusedOptimized,  // libpcap has a program for it only as long as it does not optimize; if it says
                      // that the filter rejects all packets, that is so
  kInvalid,           // the optimized program would not be run by anybody
  kCrashed,           // libpcap died
  kEndless,           // libpcap did not end
  kRefused,           // no filter of libpcap's
  kNotJudged,         // the unoptimized program has no meaning to compare with
};

struct Judgement {
  Outcome outcome = Outcome::kNotJudged;
  std::string message = {};  // why refused, invalid, undecided or not judged; how libpcap died
  std::optional<Counterexample> packet = {};  // of kBreaksFaithful and kBreaksStrict
  std::size_t unoptimized = 0;                // instructions, when there is a program
  std::size_t optimized = 0;
  std::vector<double> milliseconds = {};  // of each proof
};

struct JudgeOptions {
  std::optional<std::uint32_t> netmask = 0xffffff00;
  std::uint64_t steps = 10'000'000;  // of each proof, in Z3's resource units
  std::chrono::seconds time_limit{20};
};

// Compiles and verifies in a process of its own, which may die or be stopped. An error when no process can
// be made.
Expected<Judgement> JudgeLibpcap(const std::string& filter, const std::string& link_type,
                                 const JudgeOptions& options);

// What is wrong, in words: two filters with one symptom may have one cause. Empty for what is equal,
// undecided or no filter.
std::string Symptom(const Judgement& judgement);

// Whether the outcome is a mistake of libpcap's optimizer.
bool IsFinding(Outcome outcome);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_JUDGE_H
