// Calls that are asked to end: they say so, and never hand out less than they would have made.
#include "bpfopt/bpfopt.h"
#include "bpfopt/bpfopt.hpp"

#include <chrono>
#include <csignal>
#include <stop_token>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace bpfopt {
namespace {

// Its proof is a question about products, which Z3 would take very long for.
constexpr char kHard[] =
    "ip[4] * ip[5] * ip[6] * ip[7] + ip[8:2] * ip[10:2] = ip[12:4] * ip[16:4] and (ip[4:4] % ip[8:4]) * "
    "ip[12:4] = 7";

std::string ManyHosts(std::size_t count) {
  std::string filter;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t address = static_cast<std::uint32_t>(i) * 2654435761U;
    filter += fmt::format("{}host {}.{}.{}.{}", i == 0 ? "" : " or ", address >> 24, address >> 16 & 255,
                          address >> 8 & 255, address & 255);
  }
  return filter;
}

CompileOptions Unbounded(std::stop_token stop) {
  CompileOptions options;
  options.level = 3;
  options.budgets = {
      .smt_steps = UINT64_MAX, .proof_steps = UINT64_MAX, .proof_nodes = 10'000'000, .search = 100'000};
  options.interruption.stop = std::move(stop);
  return options;
}

TEST(Interruption, WhatIsStoppedBeforeItBeginsEndsAtOnce) {
  std::stop_source source;
  source.request_stop();
  const auto compiled = Compile("tcp port 80", Unbounded(source.get_token()));
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().code, ErrorCode::kCancelled);
  const Program program = Compile("tcp port 80").value().program;
  const auto optimized = Optimize(program, {.interruption = {.stop = source.get_token(), .deadline = {}}});
  ASSERT_FALSE(optimized);
  EXPECT_EQ(optimized.error().code, ErrorCode::kCancelled);
}

TEST(Interruption, ADeadlineThatHasPassedIsSaid) {
  CompileOptions options;
  options.interruption.deadline = std::chrono::steady_clock::now();
  const auto compiled = Compile("tcp port 80", options);
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().code, ErrorCode::kCancelled);
  EXPECT_NE(compiled.error().message.find("deadline"), std::string::npos);
}

TEST(Interruption, WithoutARequestTheResultIsTheSame) {
  std::stop_source source;
  CompileOptions options;
  options.interruption = {.stop = source.get_token(),
                          .deadline = std::chrono::steady_clock::now() + std::chrono::hours(1)};
  for (const char* filter : {"tcp port 80", "ip[2:2] - ((ip[0]&0xf)<<2) > 20", "port 53"}) {
    EXPECT_EQ(Compile(filter, options).value().program, Compile(filter).value().program) << filter;
  }
}

// Each stage that is reached asks to stop; from there on the compile must end without a result.
TEST(Interruption, AStopAtAnyStageEndsTheCompile) {
  std::size_t stages = 0;
  CompileOptions counting;
  counting.observer = [&](const StageReport&) { ++stages; };
  ASSERT_TRUE(Compile("port 53", counting));
  for (std::size_t stop_at = 0; stop_at < stages; stop_at += stages / 12 + 1) {
    std::stop_source source;
    CompileOptions options;
    options.interruption.stop = source.get_token();
    std::size_t stage = 0;
    options.observer = [&](const StageReport&) {
      if (stage++ == stop_at) source.request_stop();
    };
    const auto compiled = Compile("port 53", options);
    ASSERT_FALSE(compiled) << stop_at;
    EXPECT_EQ(compiled.error().code, ErrorCode::kCancelled);
  }
}

// From another thread, at moments that fall into passes, the backend, diagrams and Z3.
TEST(Interruption, AnotherThreadEndsALongCompile) {
  for (const std::string& filter : {std::string(kHard), ManyHosts(2000)}) {
    for (const int milliseconds : {1, 40, 300}) {
      std::stop_source source;
      std::thread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
        source.request_stop();
      });
      const auto compiled = Compile(filter, Unbounded(source.get_token()));
      stopper.join();
      ASSERT_FALSE(compiled) << milliseconds;
      EXPECT_EQ(compiled.error().code, ErrorCode::kCancelled) << compiled.error().message;
    }
  }
}

TEST(Interruption, ADeadlineEndsAQuestionToTheSolver) {
  const Program a = CompileWithLibpcap("ip[4:4] * ip[8:4] = ip[12:4] * ip[16:4]", {}).value();
  const Program b = CompileWithLibpcap("ip[8:4] * ip[4:4] = 3 + ip[12:4] * ip[16:4] - 3", {}).value();
  VerifyOptions options;
  options.steps = 0;  // no bound
  options.interruption.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
  const auto verdict = Verify(a, b, options);
  // Equal, if a solver is ever as quick as that.
  if (verdict) {
    EXPECT_EQ(verdict->answer, Answer::kEqual);
  } else {
    EXPECT_EQ(verdict.error().code, ErrorCode::kCancelled);
  }
}

volatile std::sig_atomic_t signals_seen = 0;

// Z3 would take them for itself.
TEST(Interruption, SignalsOfTheProgramAreItsOwnDuringAQuestionToTheSolver) {
  signals_seen = 0;
  const auto before = std::signal(SIGINT, [](int) { signals_seen = signals_seen + 1; });
  std::stop_source source;
  std::thread sender([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    kill(getpid(), SIGINT);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    source.request_stop();
  });
  const auto compiled = Compile(kHard, Unbounded(source.get_token()));
  sender.join();
  std::signal(SIGINT, before);
  EXPECT_FALSE(compiled);
  EXPECT_EQ(signals_seen, 1);
}

TEST(Interruption, ACompilerInCStaysCancelledUntilItIsResumed) {
  bpfopt_compiler* compiler = bpfopt_new();
  bpf_program* const nothing = nullptr;
  bpfopt_cancel(compiler);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(bpfopt_compile_pcap(compiler, "tcp port 80", nothing), BPFOPT_ERROR_CANCELLED);
  }
  EXPECT_STREQ(bpfopt_error_message(compiler), "the call was cancelled");
  bpfopt_resume(compiler);
  bpfopt_result* result = nullptr;
  EXPECT_EQ(bpfopt_compile(compiler, "tcp port 80", &result), BPFOPT_OK);
  bpfopt_result_free(result);
  bpfopt_free(compiler);
}

TEST(Interruption, AThreadCancelsACompilerInC) {
  bpfopt_compiler* compiler = bpfopt_new();
  bpfopt_set(compiler, BPFOPT_PROOF_STEPS, UINT64_MAX);
  bpfopt_set(compiler, BPFOPT_LEVEL, 3);
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    bpfopt_cancel(compiler);
  });
  bpfopt_result* result = nullptr;
  EXPECT_EQ(bpfopt_compile(compiler, kHard, &result), BPFOPT_ERROR_CANCELLED);
  canceller.join();
  bpfopt_resume(compiler);
  bpfopt_set(compiler, BPFOPT_TIME_LIMIT, 50);
  EXPECT_EQ(bpfopt_compile(compiler, kHard, &result), BPFOPT_ERROR_CANCELLED);
  bpfopt_free(compiler);
}

}  // namespace
}  // namespace bpfopt
