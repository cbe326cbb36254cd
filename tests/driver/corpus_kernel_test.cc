// Every emitted program is taken by the running kernel, and decides sample packets there as our interpreter
// does under the kernel's rules.
#include "../bpf/kernel_filter.h"
#include "bpfopt/verify.h"
#include "corpus_rows.h"
#include "sample_packets.h"

#include <iostream>
#include <random>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

using bench::CorpusRow;

class CorpusKernelTest : public testing::TestWithParam<CorpusRow> {};

TEST_P(CorpusKernelTest, KernelTakesItAndAgrees) {
  bpf::KernelFilter kernel;
  if (!kernel.Works()) {
    GTEST_SKIP() << "no socket here takes a filter, so the kernel cannot be asked";
  }
  const auto result = Compile(GetParam().filter, OptionsFor(GetParam()));
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(kernel.Attach(result->program), 0);
  for (const auto& packet : SamplePackets(FindLinkType(GetParam().link_type)->number)) {
    const auto size = static_cast<std::uint32_t>(packet.size());
    const RunOutcome expected = RunOnPacket(result->program, packet, size, Target::kLinux);
    const auto kept = kernel.Send(packet);
    ASSERT_EQ(kept.value_or(0), std::min<std::size_t>(expected.verdict, size))
        << testing::PrintToString(packet);
  }
}

INSTANTIATE_TEST_SUITE_P(Corpus, CorpusKernelTest, testing::ValuesIn(CorpusRows()), RowName);

}  // namespace
}  // namespace bpfopt
