// The guesses at traffic: consistent with one another, and with the table of the header.
#include "bpf/likelihood.h"

#include "bpf/opcode.h"
#include "bpf/text.h"

#include <string>

#include <gtest/gtest.h>

namespace bpfopt::bpf {
namespace {

constexpr std::uint16_t kIfEqual = kJmp | kJeq;

TEST(Likelihood, OfPartsAddsUpToThatOfTheWhole) {
  for (const unsigned width : {1U, 2U}) {
    const std::uint32_t largest = width == 1 ? 0xff : 0xffff;
    EXPECT_EQ(Likelihood(width, 0, largest), kCertain);
    for (const std::uint32_t cut : {0x1fU, 0x40U, 0x80U, largest / 2}) {
      const std::uint32_t sum = Likelihood(width, 0, cut) + Likelihood(width, cut + 1, largest);
      EXPECT_NEAR(sum, kCertain, kCertain / 256.0) << width << " " << cut;
    }
  }
}

TEST(Likelihood, KnowsTheWordsOfItsTable) {
  EXPECT_GT(Likelihood(2, 0x800, 0x800), kCertain / 2);
  EXPECT_GT(Likelihood(1, 6, 6), kCertain / 2);
  EXPECT_LT(Likelihood(2, 0x88cc, 0x88cc), kCertain / 100);
  EXPECT_LT(Likelihood(4, 0xc0000211, 0xc0000211), kCertain / 100);
  // A protocol is as likely in the word that holds the fragment offset too.
  EXPECT_EQ(MaskedLikelihood(4, 0x1fff00ff, 6, 6), Likelihood(1, 6, 6));
  EXPECT_LT(kCertain - MaskedLikelihood(2, 0x1fff, 0, 0), kCertain / 50);
}

TEST(Likelihood, OfAWordRisesAsOthersAreExcluded) {
  Accumulator at;
  at.Step(kLd | kAbs | kH, 12);
  const std::uint32_t before = at.Taken(kIfEqual, 0x86dd);
  at.Follow(kIfEqual, 0x800, false);
  EXPECT_GT(at.Taken(kIfEqual, 0x86dd), 2 * before);
  at.Follow(kIfEqual, 0x86dd, true);
  EXPECT_GT(at.Taken(kIfEqual, 0x86dd), kCertain - kCertain / 100);
  EXPECT_LT(at.Taken(kIfEqual, 0x800), kCertain / 100);
}

Program Read(const std::string& text) {
  auto program = bpf::Parse(std::string_view(text));
  EXPECT_TRUE(program) << text;
  return program ? *program : Program();
}

TEST(ExpectedPath, CountsInstructionsOnTheWay) {
  EXPECT_EQ(ExpectedPath(Read("(000) ret #1\n")), 1.0);
  EXPECT_EQ(ExpectedPath(Read("(000) ld #1\n(001) ja 3\n(002) ret #0\n(003) ret #1\n")), 3.0);
}

TEST(ExpectedPath, IsShorterWhereTheLikelyWordComesFirst) {
  const double first =
      ExpectedPath(Read("(000) ldh [12]\n(001) jeq #0x800 jt 3 jf 2\n(002) jeq #0x8100 jt 3 jf 4\n"
                        "(003) ret #1\n(004) ret #0\n"));
  const double last =
      ExpectedPath(Read("(000) ldh [12]\n(001) jeq #0x8100 jt 3 jf 2\n(002) jeq #0x800 jt 3 jf 4\n"
                        "(003) ret #1\n(004) ret #0\n"));
  EXPECT_GT(first, 3.0);
  EXPECT_LT(first + 0.4, last);
  EXPECT_LT(last, 4.0);
}

}  // namespace
}  // namespace bpfopt::bpf
