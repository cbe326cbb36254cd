// Passes that move tests in rows of terms preserve meaning on generated rows: terms of few values, some with
// ways that part and meet again, and packets that end among the values.
#include "ir/check.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "meaning.h"
#include "passes/pass.h"
#include "sanitized.h"

#include <random>
#include <string>
#include <tuple>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace bpfopt::passes {
namespace {

constexpr unsigned kBytes = 3;

class Rows {
 public:
  explicit Rows(unsigned seed) : random_(seed) {}

  std::uint32_t Below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }

  // Regions one behind the other. The last two blocks are the exit of all and the other outcome.
  std::string Next() {
    text_ = "fn pcap {\n";
    const bool accepts = Below(4) != 0;
    block_ = 0;
    const unsigned regions = 2 + Below(5);
    for (unsigned i = 0; i < regions; ++i) AppendRegion();
    // Forward references are by name, so the outcomes can be far behind.
    text_ += fmt::format("b{}:\n  return 0\nb1000:\n  return {}\n}}\n", block_, accepts ? 64 : 0);
    if (!accepts) text_.replace(text_.rfind("return 0\nb1000"), 8, "return 64");
    return text_;
  }

  ir::RandomPacket Packet() {
    ir::RandomPacket packet;
    const unsigned length = Below(2) == 0 ? Below(kBytes + 2) : kBytes + 1;
    for (unsigned i = 0; i < length; ++i) packet.captured.push_back(static_cast<std::uint8_t>(Below(3)));
    packet.wire_length = length;
    return packet;
  }

 private:
  // A term, or two that begin with one test, or that meet behind a test.
  void AppendRegion() {
    const unsigned tests = 1 + Below(3);
    const unsigned shape = tests == 3 ? Below(4) : 0;
    const unsigned next = block_ + tests;
    if (shape <= 1) {
      for (unsigned i = 0; i < tests; ++i) AppendTest(i + 1 == tests ? 1000 : block_ + 1, next);
      return;
    }
    // The second test and the third are two ways on from the first; in the second shape the second may lead
    // to the third.
    const unsigned first = block_;
    AppendTest(first + 1, first + 2);
    AppendTest(1000, shape == 2 ? next : first + 2);
    AppendTest(1000, next);
  }

  void AppendTest(unsigned then_block, unsigned else_block) {
    const unsigned offset = Below(kBytes);
    const std::string load =
        Below(5) == 0 ? fmt::format("ldb[ldb[0] + {}]", offset) : fmt::format("ldb[{}]", offset);
    text_ += fmt::format("b{}:\n  need [0]:1\n  need {}:1\n", block_, load.substr(3));
    if (Below(3) == 0) std::swap(then_block, else_block);
    text_ += fmt::format("  if {} {} {} then b{} else b{}\n", load, Below(4) == 0 ? ">=" : "==", Below(3),
                         then_block, else_block);
    ++block_;
  }

  std::mt19937 random_;
  std::string text_;
  unsigned block_ = 0;
};

class TermRowsTest : public testing::TestWithParam<std::tuple<std::string, Relation>> {};

TEST_P(TermRowsTest, KeepTheirMeaning) {
  const auto& [name, relation] = GetParam();
  Rows rows(11);
  std::size_t changed = 0;
  // Few rows have decisions with ways that begin alike.
  const int rounds = FewerIfSanitized(name == "hoist-tests" ? 20000 : 1500);
  for (int round = 0; round < rounds; ++round) {
    Expected<ir::Function> source = ir::Parse(rows.Next());
    ASSERT_TRUE(source) << source.error().message;
    ir::Function result = source->Clone();
    Context context;
    context.relation = relation;
    FindPass("guards")->run(result, context);
    // Hoisting is for decisions of several ways.
    if (name == "hoist-tests") FindPass("form-switches")->run(result, context);
    changed += FindPass(name)->run(result, context) ? 1 : 0;
    const std::vector<ir::BrokenInvariant> broken = ir::Check(result);
    ASSERT_TRUE(broken.empty()) << broken[0].rule << "\n" << ir::Print(*source) << ir::Print(result);
    for (int i = 0; i < 100; ++i) {
      ASSERT_EQ(Difference(*source, result, rows.Packet(), relation), "")
          << ir::Print(*source) << ir::Print(result);
    }
  }
  EXPECT_GT(changed, FewerIfSanitized(20U));
}

INSTANTIATE_TEST_SUITE_P(Passes, TermRowsTest,
                         testing::Combine(testing::Values("gather-tests", "hoist-tests", "jump-threading"),
                                          testing::Values(Relation::kStrict, Relation::kFaithful)),
                         [](const auto& info) {
                           std::string name = std::get<0>(info.param);
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name +
                                  (std::get<1>(info.param) == Relation::kStrict ? "_strict" : "_faithful");
                         });

}  // namespace
}  // namespace bpfopt::passes
