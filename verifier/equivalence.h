// Are two programs equal for every packet, or does one imply the other? Decided by an encoder of its own over
// both bytecodes; it shares no meaning of BPF with the compiler whose output it judges. The relations are
// those of docs/proof.md.
#ifndef BPFOPT_VERIFIER_EQUIVALENCE_H
#define BPFOPT_VERIFIER_EQUIVALENCE_H

#include "bpfopt/interruption.h"
#include "bpfopt/program.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace bpfopt::verifier {

struct Options {
  Target target = Target::kPcap;
  Relation relation = Relation::kStrict;
  // Z3 resource units for all queries of one proof together; 0 is no bound.
  std::uint64_t steps = 50'000'000;
  // Nodes of decision diagrams for each unfolded program point. Diagrams are tried before Z3; 0 never tries
  // them.
  std::size_t diagram_nodes = 1'000;
  // Unfolded program points (instruction x register state) of each program.
  std::size_t max_nodes = 200'000;
  // Which draw of the source (index of its instruction) a draw of the result (index of its instruction)
  // stands for. A draw of the result that is missing here is an unknown of its own.
  std::map<std::size_t, std::size_t> draws;
  // Once requested the answer is kUndecided, soon.
  Interruption interruption = {};
};

enum class Answer {
  kEqual,
  kDifferent,
  kUndecided,
  kImplied = kEqual,  // what CheckImplication says
  kNotImplied = kDifferent,
};

// A packet on which the programs differ, as both interpreter runs have confirmed.
struct Counterexample {
  std::vector<std::uint8_t> captured;
  // Of a packet that is too long to be held: how many captured bytes follow, and those that are not 0 by
  // address.
  std::uint64_t more_captured = 0;
  std::map<std::uint64_t, std::uint8_t> more;
  std::uint32_t wire_length = 0;
  // Under kFaithful, when the difference is one of S* and R*: the bytes that follow the captured ones
  // (anything not listed is 0), by address.
  std::map<std::uint64_t, std::uint8_t> continuation;
  bool on_complete_packet = false;  // the difference is one of S* and R*
  // Target linux: the opaque words, by k - SKF_AD_OFF, and the draws, by the source's instruction.
  std::map<std::uint32_t, std::uint32_t> ancillary;
  std::map<std::size_t, std::uint32_t> random;
  std::map<std::size_t, std::uint32_t> result_random;  // draws that stand for none of the source's
  // Target linux: loads at offsets in [SKF_LL_OFF, SKF_AD_OFF), by offset and width (nothing: the load
  // faults), and nlattr and nlattr_nest, by k - SKF_AD_OFF, A and X. What is not listed is 0.
  std::map<std::pair<std::uint32_t, unsigned>, std::optional<std::uint32_t>> negative;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::uint32_t> attributes;
  bool has_device = true;
  Target rules = Target::kPcap;  // whose rules the two runs below followed
  std::uint32_t source_verdict = 0;
  std::uint32_t result_verdict = 0;
  bool result_faults = false;
};

struct Statistics {
  std::size_t nodes = 0;  // unfolded program points, of both programs and all rules
  std::size_t diagram_nodes = 0;
  std::size_t queries = 0;  // asked of Z3
  std::uint64_t steps = 0;  // Z3 resource units used
};

struct Verdict {
  Answer answer = Answer::kUndecided;
  std::string reason;  // why undecided
  std::optional<Counterexample> counterexample;
  Statistics statistics;
};

// Both programs must have passed bpf::Check. Under Target::kPcap the rules of libpcap and of the kernel are
// both proven where they can differ (a shift by X, a load at X + k that can wrap): where the source differs
// between the two, the result must differ in the same way. Deterministic.
Verdict CheckEquivalence(const Program& source, const Program& result, const Options& options);

// Does the result permit whatever the source permits (verifier/permission.h): does it accept every packet
// that the source accepts? Under Target::kPcap by the rules of libpcap, and by the kernel's, each for itself.
// The relation of `options` plays no part.
Verdict CheckImplication(const Program& source, const Program& result, const Options& options);

}  // namespace bpfopt::verifier

#endif  // BPFOPT_VERIFIER_EQUIVALENCE_H
