// Filters of hundreds of hosts, networks and ports: how many instructions they take, and that they are
// proven.
#include "bpfopt/compiler.h"
#include "bpfopt/verify.h"

#include <cstdint>
#include <functional>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace bpfopt {
namespace {

std::uint32_t Below(std::mt19937& random, std::uint32_t bound) {
  return static_cast<std::uint32_t>(random() % bound);
}

std::string Address(std::mt19937& random) {
  const std::uint32_t first = 1 + Below(random, 223);
  const std::uint32_t rest = Below(random, 1U << 24);
  return fmt::format("{}.{}.{}.{}", first, rest >> 16, rest >> 8 & 0xff, rest & 0xff);
}

std::string Network(std::mt19937& random) {
  const std::uint32_t rest = Below(random, 1U << 16);
  return fmt::format("{}.{}.{}.0/24", 1 + Below(random, 223), rest >> 8, rest & 0xff);
}

std::string Prefix(std::mt19937& random) {
  const std::uint32_t length = 8 + Below(random, 25);
  const auto mask = static_cast<std::uint32_t>(~std::uint64_t{0} << (32 - length));
  const auto address = static_cast<std::uint32_t>(random()) & mask;
  return fmt::format("{}.{}.{}.{}/{}", address >> 24, address >> 16 & 0xff, address >> 8 & 0xff,
                     address & 0xff, length);
}

std::string Address6(std::mt19937& random) {
  return fmt::format("2001:db8:{:x}::{:x}", Below(random, 1U << 16), Below(random, 1U << 16));
}

std::uint32_t Port(std::mt19937& random) { return 1 + Below(random, 0xffff); }

std::string PortRange(std::mt19937& random) {
  const std::uint32_t first = 1 + Below(random, 0xff00);
  return fmt::format("{}-{}", first, first + Below(random, 30));
}

struct Shape {
  std::string name;
  std::function<std::string(std::mt19937&)> term;
};

void PrintTo(const Shape& shape, std::ostream* out) { *out << shape.name; }

const Shape kHosts = {"hosts", [](auto& random) { return "host " + Address(random); }};
const Shape kSourceHosts = {"source_hosts", [](auto& random) { return "src host " + Address(random); }};
const Shape kNetworks = {"networks", [](auto& random) { return "net " + Network(random); }};
const Shape kPrefixes = {"prefixes", [](auto& random) { return "net " + Prefix(random); }};
const Shape kPorts = {"ports", [](auto& random) { return fmt::format("tcp port {}", Port(random)); }};
const Shape kPortRanges = {"port_ranges", [](auto& random) { return "tcp portrange " + PortRange(random); }};
const Shape kHosts6 = {"ipv6_hosts", [](auto& random) { return "ip6 host " + Address6(random); }};
const Shape kPairs = {"pairs", [](auto& random) {
                        return fmt::format("(src host {} and tcp dst port {})", Address(random),
                                           Port(random));
                      }};

std::string Filter(const Shape& shape, std::size_t count) {
  std::mt19937 random(1);
  std::string filter;
  for (std::size_t i = 0; i < count; ++i) filter += (i == 0 ? "" : " or ") + shape.term(random);
  return filter;
}

struct Size {
  Shape shape;
  std::size_t count;
  std::size_t instructions;  // at most
};

void PrintTo(const Size& size, std::ostream* out) { *out << size.count << "_" << size.shape.name; }

class LargeSetSize : public testing::TestWithParam<Size> {};

TEST_P(LargeSetSize, TakesFewInstructions) {
  CompileOptions options;
  options.level = 1;
  const auto result = Compile(Filter(GetParam().shape, GetParam().count), options);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_LE(result->program.size(), GetParam().instructions);
}

INSTANTIATE_TEST_SUITE_P(Sets, LargeSetSize,
                         testing::Values(Size{kHosts, 500, 1150}, Size{kNetworks, 500, 1200},
                                         Size{kPairs, 500, 1600}, Size{kHosts, 1000, 4096},
                                         Size{kSourceHosts, 2000, 4096}, Size{kPorts, 1000, 2500},
                                         Size{kPrefixes, 500, 2000}, Size{kPortRanges, 500, 2000},
                                         Size{kHosts6, 100, 700}, Size{kHosts6, 500, 3300}));

struct Path {
  Objective objective;
  double instructions;  // executed, at most
};

void PrintTo(const Path& path, std::ostream* out) { *out << static_cast<int>(path.objective); }

class LargeSetPath : public testing::TestWithParam<Path> {};

// Of a packet that is from and to none of a thousand hosts.
TEST_P(LargeSetPath, IsShort) {
  CompileOptions options;
  options.level = 1;
  options.objective = GetParam().objective;
  const auto result = Compile(Filter(kHosts, 1000), options);
  ASSERT_TRUE(result) << result.error().message;
  std::mt19937 random(2);
  std::size_t executed = 0;
  constexpr std::size_t kPackets = 2000;
  for (std::size_t i = 0; i < kPackets; ++i) {
    std::vector<std::uint8_t> packet(60);
    for (std::uint8_t& byte : packet) byte = static_cast<std::uint8_t>(random());
    packet[12] = 0x08;
    packet[13] = 0x00;
    const auto outcome = RunOnPacket(result->program, packet, 60);
    ASSERT_EQ(outcome.verdict, 0U);
    executed += outcome.executed;
  }
  EXPECT_LE(static_cast<double>(executed) / kPackets, GetParam().instructions);
}

INSTANTIATE_TEST_SUITE_P(Sets, LargeSetPath,
                         testing::Values(Path{Objective::kBalanced, 40}, Path{Objective::kSpeed, 32}));

class LargeSetProof : public testing::TestWithParam<std::tuple<Shape, bool>> {};

TEST_P(LargeSetProof, IsProven) {
  const auto& [shape, is_negated] = GetParam();
  CompileOptions options;
  options.proof = ProofMode::kRequired;
  options.check_invariants = true;
  const std::string filter = Filter(shape, 30);
  const auto result = Compile(is_negated ? "not (" + filter + ")" : filter, options);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->proven);
  EXPECT_EQ(result->candidates.front().name, "full") << "the first choice was not proven";
}

INSTANTIATE_TEST_SUITE_P(Sets, LargeSetProof,
                         testing::Combine(testing::Values(kHosts, kSourceHosts, kNetworks, kPrefixes, kPorts,
                                                          kPortRanges, kHosts6, kPairs),
                                          testing::Bool()));

}  // namespace
}  // namespace bpfopt
