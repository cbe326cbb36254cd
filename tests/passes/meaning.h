// Two functions on one packet, under a relation.
#ifndef BPFOPT_TESTS_PASSES_MEANING_H
#define BPFOPT_TESTS_PASSES_MEANING_H

#include "bpf/interpreter.h"
#include "ir/evaluate.h"
#include "random_function.h"

#include <string>

#include <fmt/format.h>

namespace bpfopt::passes {

inline bool IsFault(const bpf::Outcome& outcome) {
  return outcome.end == bpf::End::kFault || outcome.end == bpf::End::kMalformed;
}

// What the relation asks of one packet; empty when it holds.
inline std::string Difference(const ir::Function& source, const ir::Function& result,
                              const ir::RandomPacket& random, Relation relation) {
  bpf::Packet packet;
  packet.captured = random.captured;
  packet.wire_length = random.wire_length;
  const bpf::Outcome before = ir::Evaluate(source, packet);
  const bpf::Outcome after = ir::Evaluate(result, packet);
  if (relation == Relation::kStrict) {
    if (before.verdict == after.verdict && after.end != bpf::End::kMalformed) return "";
    return fmt::format("verdict {} became {}", before.verdict, after.verdict);
  }
  if (before.verdict != 0 && IsFault(after)) return "faults on a packet that was accepted";
  packet.continuation = [](std::uint64_t address) { return static_cast<std::uint8_t>(address * 37 + 11); };
  const bpf::Outcome complete_before = ir::Evaluate(source, packet);
  const bpf::Outcome complete_after = ir::Evaluate(result, packet);
  if (complete_before.verdict == complete_after.verdict) return "";
  return fmt::format("verdict {} of the complete packet became {}", complete_before.verdict,
                     complete_after.verdict);
}

}  // namespace bpfopt::passes

#endif  // BPFOPT_TESTS_PASSES_MEANING_H
