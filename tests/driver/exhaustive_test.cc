// Every filter of up to three small predicates against every short packet, truncated at every length: what
// the compiled program does is what libpcap's unoptimized program does, as each relation demands. No
// generator to be lucky, no solver to trust.
#include "bpf/interpreter.h"
#include "bpfopt/compiler.h"
#include "sanitized.h"

#include <array>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

constexpr std::array<std::uint8_t, 3> kAlphabet = {0, 1, 2};
constexpr std::size_t kLongestPacket = 4;

std::vector<std::string> Atoms() {
  return {"link[0] = 1",       "link[0:2] > 0x100", "link[1] & 2 != 0",     "len > 2",
          "link[link[0]] = 2", "2 / link[1] = 1",   "link[2] - link[0] = 1"};
}

std::vector<std::string> Literals() {
  std::vector<std::string> literals;
  for (const std::string& atom : Atoms()) {
    literals.push_back(atom);
    literals.push_back("not (" + atom + ")");
  }
  return literals;
}

// a; a op b; (a op b) op c with the last operand not negated.
std::vector<std::string> Filters() {
  std::vector<std::string> filters = Literals();
  for (const std::string& a : Literals()) {
    for (const std::string& b : Literals()) {
      for (const char* first : {" and ", " or "}) {
        const std::string pair = a + first + b;
        filters.push_back(pair);
        for (const std::string& c : Atoms()) {
          for (const char* second : {" and ", " or "}) filters.push_back("(" + pair + ")" + second + c);
        }
      }
    }
  }
  return filters;
}

std::vector<std::vector<std::uint8_t>> Packets() {
  std::vector<std::vector<std::uint8_t>> packets{{}};
  for (std::size_t i = 0; i < packets.size(); ++i) {
    if (packets[i].size() == kLongestPacket) break;
    for (std::uint8_t byte : kAlphabet) {
      std::vector<std::uint8_t> longer = packets[i];
      longer.push_back(byte);
      packets.push_back(std::move(longer));
    }
  }
  return packets;
}

bool Faults(const bpf::Outcome& outcome) { return outcome.end == bpf::End::kFault; }

// Empty when `result` is to `source` on this packet what `relation` demands.
std::string Difference(const Program& source, const Program& result, bpf::Packet packet, Relation relation) {
  const bpf::Outcome before = bpf::Run(source, Target::kPcap, packet);
  const bpf::Outcome after = bpf::Run(result, Target::kPcap, packet);
  if (relation == Relation::kStrict) return before.verdict == after.verdict ? "" : "another verdict";
  if (before.verdict != 0 && Faults(after)) return "a fault on an accepted packet";
  for (std::uint8_t next : kAlphabet) {
    packet.continuation = [next](std::uint64_t) { return next; };
    if (bpf::Run(source, Target::kPcap, packet).verdict != bpf::Run(result, Target::kPcap, packet).verdict) {
      return "another verdict on the complete packet";
    }
  }
  return "";
}

class ExhaustiveTest : public testing::TestWithParam<Relation> {};

TEST_P(ExhaustiveTest, SmallFiltersOnShortPackets) {
  const std::vector<std::vector<std::uint8_t>> packets = Packets();
  CompileOptions options;
  options.link_type = "RAW";
  options.level = 1;
  options.relation = GetParam();
  std::size_t accepted = 0;
  std::size_t rejected = 0;
  for (const std::string& filter : FewerIfSanitized(Filters())) {
    Expected<CompileResult> compiled = Compile(filter, options);
    ASSERT_TRUE(compiled.has_value()) << filter << ": " << compiled.error().message;
    ASSERT_EQ(compiled->source_kind, SourceKind::kLibpcap) << filter << ": " << compiled->source_reason;
    for (const std::vector<std::uint8_t>& bytes : packets) {
      for (std::uint32_t wire_length : {2U, 3U}) {
        bpf::Packet packet;
        packet.captured = bytes;
        packet.wire_length = wire_length;
        ASSERT_EQ(Difference(compiled->source, compiled->program, packet, GetParam()), "")
            << filter << " on a packet of " << bytes.size() << " bytes";
        ++(bpf::Run(compiled->program, Target::kPcap, packet).verdict != 0 ? accepted : rejected);
      }
    }
  }
  EXPECT_GT(accepted, FewerIfSanitized(100'000U));
  EXPECT_GT(rejected, FewerIfSanitized(100'000U));
}

INSTANTIATE_TEST_SUITE_P(Relations, ExhaustiveTest, testing::Values(Relation::kStrict, Relation::kFaithful),
                         [](const auto& info) {
                           return info.param == Relation::kStrict ? std::string("Strict")
                                                                  : std::string("Faithful");
                         });

}  // namespace
}  // namespace bpfopt
