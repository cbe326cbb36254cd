// Random filters through the whole compiler: each program is proven, under both relations, no kernel's
// checker would refuse it, and none is smaller than its lower bound.
#include "bpf/checker.h"
#include "bpfopt/compiler.h"
#include "bpfopt/lower_bound.h"
#include "random_filter.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

struct LinkCase {
  const char* name;
  int number;
  bool is_ethernet;
};
constexpr std::array<LinkCase, 6> kLinks = {{{"EN10MB", 1, true},
                                             {"RAW", 12, false},
                                             {"NULL", 0, false},
                                             {"PPP", 9, false},
                                             {"LINUX_SLL", 113, false},
                                             {"LINUX_SLL2", 276, false}}};

class RandomFiltersTest : public testing::TestWithParam<Relation> {};

TEST_P(RandomFiltersTest, AreProven) {
  std::size_t proven = 0;
  for (std::uint64_t seed = 1; seed <= 240; ++seed) {
    const LinkCase& link = kLinks[seed % 2 == 0 ? 0 : (seed / 2) % kLinks.size()];
    frontend::RandomScope scope;
    scope.ethernet = link.is_ethernet;
    frontend::RandomFilter filters(seed, scope);
    const std::string filter = filters.Text(1 + static_cast<unsigned>(seed % 5));

    CompileOptions options;
    options.link_type = link.name;
    options.netmask = 0;
    options.relation = GetParam();
    options.check_invariants = true;
    const Expected<CompileResult> compiled = Compile(filter, options);
    if (!compiled) {
      // Mostly a qualifier that does not fit; never a failure of our own.
      EXPECT_EQ(compiled.error().code, ErrorCode::kInvalidInput)
          << link.name << ": " << filter << ": " << compiled.error().message;
      continue;
    }
    EXPECT_TRUE(compiled->proven) << link.name << ": " << filter;
    const bpf::CheckOptions check = {.link_type = link.number};
    EXPECT_TRUE(bpf::Check(compiled->program, check).empty()) << link.name << ": " << filter;
    const LowerBoundOptions bound = {.relation = GetParam(), .runs = 3'000};
    EXPECT_LE(FindLowerBound(compiled->source, compiled->program, bound).instructions,
              compiled->program.size())
        << link.name << ": " << filter;
    ++proven;
  }
  EXPECT_GT(proven, 80U);
}

INSTANTIATE_TEST_SUITE_P(Relations, RandomFiltersTest,
                         testing::Values(Relation::kStrict, Relation::kFaithful), [](const auto& info) {
                           return info.param == Relation::kStrict ? std::string("Strict")
                                                                  : std::string("Faithful");
                         });

}  // namespace
}  // namespace bpfopt
