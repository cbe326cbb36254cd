// Questions about programs.
#include "capi/handles.h"

#include <cstdint>
#include <span>

#include <fmt/format.h>

namespace bpfopt::capi {
namespace {

int AnswerOf(Answer answer) {
  switch (answer) {
    case Answer::kEqual:
      return BPFOPT_EQUAL;
    case Answer::kDifferent:
      return BPFOPT_DIFFERENT;
    case Answer::kUndecided:
      break;
  }
  return BPFOPT_UNDECIDED;
}

// Hands the verdict over to a caller who wants it.
Expected<int> Report(const Expected<Verdict>& verdict, bpfopt_verdict** wanted) {
  if (!verdict) return tl::unexpected(verdict.error());
  if (wanted != nullptr) {
    auto report = std::make_unique<bpfopt_verdict>();
    report->text = verdict->reason;
    if (const auto& example = verdict->counterexample) {
      report->text = Describe(*example);
      report->has_packet = true;
      report->captured = example->captured;
      report->wire_length = example->wire_length;
    }
    *wanted = report.release();
  }
  return AnswerOf(verdict->answer);
}

using Question = Expected<Verdict> (*)(const Program&, const Program&, const VerifyOptions&);

int Ask(bpfopt_compiler* compiler, Question question, const bpfopt_instruction* a, std::size_t a_count,
        const bpfopt_instruction* b, std::size_t b_count, bpfopt_verdict** verdict) {
  return Run(compiler, {}, [&]() -> Expected<int> {
    const auto first = ProgramOf(a, a_count);
    if (!first) return tl::unexpected(first.error());
    const auto second = ProgramOf(b, b_count);
    if (!second) return tl::unexpected(second.error());
    return Report(question(*first, *second, compiler->QuestionOptions()), verdict);
  });
}

Expected<void> CheckStructure(const bpfopt_compiler& compiler, const Program& program) {
  const auto options = compiler.StructureOptions();
  if (!options) return tl::unexpected(options.error());
  const auto violations = Check(program, *options);
  if (violations.empty()) return {};
  return InvalidInput(fmt::format("instruction {}: {}", violations[0].instruction, violations[0].reason));
}

}  // namespace
}  // namespace bpfopt::capi

using bpfopt::Expected;
using bpfopt::capi::Run;

int bpfopt_verify(bpfopt_compiler* compiler, const bpfopt_instruction* source, size_t source_count,
                  const bpfopt_instruction* result, size_t result_count, bpfopt_verdict** verdict) {
  return bpfopt::capi::Ask(compiler, bpfopt::Verify, source, source_count, result, result_count, verdict);
}

int bpfopt_implies(bpfopt_compiler* compiler, const bpfopt_instruction* a, size_t a_count,
                   const bpfopt_instruction* b, size_t b_count, bpfopt_verdict** verdict) {
  return bpfopt::capi::Ask(compiler, bpfopt::Implies, a, a_count, b, b_count, verdict);
}

int bpfopt_verify_result(bpfopt_compiler* compiler, const bpfopt_result* result, bpfopt_verdict** verdict) {
  return Run(compiler, {}, [&] {
    bpfopt::VerifyOptions options = compiler->QuestionOptions();
    options.target = result->target;
    options.relation = compiler->relation.value_or(result->relation);
    options.draws = result->result.draws;
    return bpfopt::capi::Report(bpfopt::Verify(result->result.source, result->result.program, options),
                                verdict);
  });
}

void bpfopt_verdict_free(bpfopt_verdict* verdict) { delete verdict; }

const char* bpfopt_verdict_text(const bpfopt_verdict* verdict) { return verdict->text.c_str(); }

const uint8_t* bpfopt_verdict_packet(const bpfopt_verdict* verdict, size_t* captured_length,
                                     uint32_t* wire_length) {
  static constexpr uint8_t kEmpty = 0;
  if (!verdict->has_packet) return nullptr;
  *captured_length = verdict->captured.size();
  if (wire_length != nullptr) *wire_length = verdict->wire_length;
  return verdict->captured.empty() ? &kEmpty : verdict->captured.data();
}

int bpfopt_check(bpfopt_compiler* compiler, const bpfopt_instruction* instructions, size_t count) {
  return Run(compiler, {}, [&]() -> Expected<int> {
    const auto program = bpfopt::capi::ProgramOf(instructions, count);
    if (!program) return tl::unexpected(program.error());
    return bpfopt::capi::Then(bpfopt::capi::CheckStructure(*compiler, *program), [] {});
  });
}

int bpfopt_run(bpfopt_compiler* compiler, const bpfopt_instruction* instructions, size_t count,
               const void* captured, size_t captured_length, uint32_t wire_length, uint32_t* verdict) {
  return Run(compiler, {}, [&]() -> Expected<int> {
    const auto program = bpfopt::capi::ProgramOf(instructions, count);
    if (!program) return tl::unexpected(program.error());
    return bpfopt::capi::Then(bpfopt::capi::CheckStructure(*compiler, *program), [&] {
      const std::span<const uint8_t> bytes(static_cast<const uint8_t*>(captured), captured_length);
      *verdict = bpfopt::RunOnPacket(*program, bytes, wire_length, compiler->options.target).verdict;
    });
  });
}
