// Questions about programs: are two equal, may one run, what does it do with a packet?
//
//   const bpfopt::Program source = bpfopt::CompileWithLibpcap("port 53", {.optimize = false}).value();
//   const bpfopt::Program result = bpfopt::CompileWithLibpcap("port 53", {.optimize = true}).value();
//   const bpfopt::Expected<bpfopt::Verdict> verdict = bpfopt::Verify(source, result);
//   if (!verdict) return 1;  // one of them is no program
//   if (verdict->answer == bpfopt::Answer::kDifferent) std::cout << Describe(*verdict->counterexample);
//   const std::vector<std::uint8_t> packet(64);
//   const bool accepts = bpfopt::RunOnPacket(result, packet, 64).verdict != 0;
//
// Nothing here prints, exits, throws or keeps state: every call may run in several threads at once.
#ifndef BPFOPT_VERIFY_H
#define BPFOPT_VERIFY_H

#include "bpfopt/error.h"
#include "bpfopt/export.h"
#include "bpfopt/interruption.h"
#include "bpfopt/program.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace bpfopt {

struct CheckOptions {
  Target target = Target::kPcap;
  std::size_t limit = 4096;  // instructions
  int link_type = 1;         // a DLT_ number; cooked captures have a rule of their own
};

struct Violation {
  std::size_t instruction = 0;  // the program's size when the program as a whole is at fault
  std::string reason;

  friend bool operator==(const Violation&, const Violation&) = default;
};

// What the kernel's checker would refuse a program for; empty when it would take it.
BPFOPT_API std::vector<Violation> Check(const Program& program, const CheckOptions& options = {});

struct VerifyOptions {
  Target target = Target::kPcap;
  Relation relation = Relation::kStrict;
  std::uint64_t steps = 50'000'000;  // Z3 resource units
  std::size_t nodes = 200'000;       // program points
  // Which random draw of the source (instruction) one of the result stands for; see CompileResult::draws.
  std::map<std::size_t, std::size_t> draws = {};
  Interruption interruption = {};
};

// A packet that tells two programs apart; both were run on it.
struct Counterexample {
  std::vector<std::uint8_t> captured;
  // Of a packet that is too long to be held: how many captured bytes follow, and those that are not 0 by
  // address.
  std::uint64_t more_captured = 0;
  std::map<std::uint64_t, std::uint8_t> more;
  std::uint32_t wire_length = 0;
  // Of a difference that shows on a longer packet: the bytes after the captured ones by address, 0 if not
  // listed.
  bool on_complete_packet = false;
  std::map<std::uint64_t, std::uint8_t> continuation;
  // Target linux: ancillary words by k - SKF_AD_OFF, and random draws by the source's instruction.
  std::map<std::uint32_t, std::uint32_t> ancillary;
  std::map<std::size_t, std::uint32_t> random;
  // Target linux: loads at offsets in [SKF_LL_OFF, SKF_AD_OFF) by offset and width (nothing: the load
  // faults), and nlattr and nlattr_nest by k - SKF_AD_OFF, A and X. What is not listed is 0.
  std::map<std::pair<std::uint32_t, unsigned>, std::optional<std::uint32_t>> negative;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::uint32_t> attributes;
  bool has_device = true;        // without one, ifindex and hatype end a program
  Target rules = Target::kPcap;  // whose rules the runs followed
  std::uint32_t source_verdict = 0;
  std::uint32_t result_verdict = 0;
  bool result_faults = false;
};

enum class Answer {
  kEqual,
  kDifferent,
  kUndecided,
  kImplied = kEqual,  // what Implies says
  kNotImplied = kDifferent,
};

struct Verdict {
  Answer answer = Answer::kUndecided;
  std::string reason;                            // why undecided
  std::optional<Counterexample> counterexample;  // of kDifferent
  // What the proof took.
  std::size_t nodes = 0;          // program points unfolded
  std::size_t diagram_nodes = 0;  // of decision diagrams
  std::size_t queries = 0;        // asked of Z3
  std::uint64_t steps = 0;        // Z3 resource units
  double milliseconds = 0;
};

// For all packets, lengths and ancillary data. An error when one of the programs has no meaning (Check,
// without regard to its size).
BPFOPT_API Expected<Verdict> Verify(const Program& source, const Program& result,
                                    const VerifyOptions& options = {});

// Is every packet that `a` accepts accepted by `b`? For target seccomp: is `b` on every call at least as
// permissive as `a`, by the kernel's precedence of actions (docs/proof.md)? `options.relation` plays no part.
// In a counterexample `a` is the source and `b` the result.
BPFOPT_API Expected<Verdict> Implies(const Program& a, const Program& b, const VerifyOptions& options = {});

// The counterexample in words, with the packet in hexadecimal; several lines, each ended. The two programs
// are called `source` and `result`.
BPFOPT_API std::string Describe(const Counterexample& counterexample, std::string_view source = "source",
                                std::string_view result = "result");

struct RunOutcome {
  std::uint32_t verdict = 0;  // bytes to keep; 0 rejects
  bool faulted = false;       // ended by a load past the captured bytes or by a division by 0
  std::size_t executed = 0;   // instructions
};

// One packet, without ancillary data: its words are 0.
BPFOPT_API RunOutcome RunOnPacket(const Program& program, std::span<const std::uint8_t> captured,
                                  std::uint32_t wire_length, Target target = Target::kPcap);

}  // namespace bpfopt

#endif  // BPFOPT_VERIFY_H
