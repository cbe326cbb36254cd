// Programs in and out: results, and libpcap's struct bpf_program.
#include "capi/handles.h"

#include <cstdlib>
#include <cstring>

#include <pcap/bpf.h>

static_assert(sizeof(bpfopt_instruction) == sizeof(bpfopt::Instruction));
static_assert(sizeof(bpf_insn) == sizeof(bpfopt::Instruction));
static_assert(offsetof(bpfopt_instruction, k) == offsetof(bpfopt::Instruction, k));
static_assert(offsetof(bpf_insn, k) == offsetof(bpfopt::Instruction, k));

namespace bpfopt::capi {

Expected<Program> ProgramOf(const bpfopt_instruction* instructions, std::size_t count) {
  if (instructions == nullptr && count != 0)
    return InvalidInput("there are no instructions at a null pointer");
  Program program;
  program.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    program.push_back({instructions[i].code, instructions[i].jt, instructions[i].jf, instructions[i].k});
  }
  return program;
}

const bpfopt_instruction* InstructionsOf(const Program& program) {
  return reinterpret_cast<const bpfopt_instruction*>(program.data());
}

void* CopyInstructions(const Program& program) {
  const std::size_t size = program.size() * sizeof(Instruction);
  void* copy = std::malloc(size == 0 ? 1 : size);
  if (copy != nullptr) std::memcpy(copy, program.data(), size);
  return copy;
}

namespace {

Expected<Program> LibpcapProgram(const bpf_program& program) {
  return ProgramOf(reinterpret_cast<const bpfopt_instruction*>(program.bf_insns), program.bf_len);
}

Expected<CompileResult> CompileText(bpfopt_compiler& compiler, const char* filter) {
  if (filter == nullptr) return InvalidInput("there is no filter at a null pointer");
  auto options = compiler.FilterOptions();
  if (!options) return tl::unexpected(std::move(options.error()));
  return Compile(std::string_view(filter), *options);
}

Expected<CompileResult> OptimizeProgram(bpfopt_compiler& compiler, const Expected<Program>& program) {
  if (!program) return tl::unexpected(program.error());
  auto options = compiler.ProgramOptions();
  if (!options) return tl::unexpected(std::move(options.error()));
  return Optimize(*program, *options);
}

std::string_view TextOf(const char* filter) {
  return filter == nullptr ? std::string_view() : std::string_view(filter);
}

}  // namespace
}  // namespace bpfopt::capi

using bpfopt::CompileResult;
using bpfopt::Expected;
using bpfopt::Relation;
using bpfopt::capi::Run;
using bpfopt::capi::Then;

int bpfopt_compile(bpfopt_compiler* compiler, const char* filter, bpfopt_result** result) {
  return Run(compiler, bpfopt::capi::TextOf(filter), [&] {
    return Then(bpfopt::capi::CompileText(*compiler, filter), [&](CompileResult made) {
      *result = new bpfopt_result{std::move(made), compiler->options.target,
                                  compiler->relation.value_or(Relation::kFaithful)};
    });
  });
}

int bpfopt_optimize(bpfopt_compiler* compiler, const bpfopt_instruction* instructions, size_t count,
                    bpfopt_result** result) {
  return Run(compiler, {}, [&] {
    const auto program = bpfopt::capi::ProgramOf(instructions, count);
    return Then(bpfopt::capi::OptimizeProgram(*compiler, program), [&](CompileResult made) {
      *result = new bpfopt_result{std::move(made), compiler->options.target,
                                  compiler->relation.value_or(Relation::kStrict)};
    });
  });
}

int bpfopt_compile_pcap(bpfopt_compiler* compiler, const char* filter, bpf_program* program) {
  return Run(compiler, bpfopt::capi::TextOf(filter), [&] {
    return Then(bpfopt::capi::CompileText(*compiler, filter), [&](const CompileResult& made) {
      void* copy = bpfopt::capi::CopyInstructions(made.program);
      if (copy == nullptr) throw std::bad_alloc();
      program->bf_insns = static_cast<bpf_insn*>(copy);
      program->bf_len = static_cast<unsigned>(made.program.size());
    });
  });
}

int bpfopt_optimize_pcap(bpfopt_compiler* compiler, bpf_program* program) {
  return Run(compiler, {}, [&] {
    const auto given = bpfopt::capi::LibpcapProgram(*program);
    return Then(bpfopt::capi::OptimizeProgram(*compiler, given), [&](const CompileResult& made) {
      // Never larger, so it fits where the other was.
      std::memcpy(program->bf_insns, made.program.data(), made.program.size() * sizeof(bpf_insn));
      program->bf_len = static_cast<unsigned>(made.program.size());
    });
  });
}

int bpfopt_verify_pcap(bpfopt_compiler* compiler, const bpf_program* source, const bpf_program* result,
                       bpfopt_verdict** verdict) {
  return bpfopt_verify(compiler, reinterpret_cast<const bpfopt_instruction*>(source->bf_insns),
                       source->bf_len, reinterpret_cast<const bpfopt_instruction*>(result->bf_insns),
                       result->bf_len, verdict);
}

void bpfopt_result_free(bpfopt_result* result) { delete result; }

const bpfopt_instruction* bpfopt_result_instructions(const bpfopt_result* result, size_t* count) {
  *count = result->result.program.size();
  return bpfopt::capi::InstructionsOf(result->result.program);
}

int bpfopt_result_is_proven(const bpfopt_result* result) { return result->result.proven ? 1 : 0; }

const bpfopt_instruction* bpfopt_result_source(const bpfopt_result* result, size_t* count) {
  *count = result->result.source.size();
  return bpfopt::capi::InstructionsOf(result->result.source);
}

const char* bpfopt_result_diagnostic(const bpfopt_result* result, size_t index, bpfopt_severity* severity,
                                     size_t* offset, size_t* length) {
  if (index >= result->result.diagnostics.size()) return nullptr;
  const bpfopt::Diagnostic& diagnostic = result->result.diagnostics[index];
  if (severity != nullptr) {
    *severity = diagnostic.severity == bpfopt::Diagnostic::Severity::kNote ? BPFOPT_NOTE : BPFOPT_WARNING;
  }
  if (offset != nullptr) *offset = diagnostic.range ? diagnostic.range->begin : SIZE_MAX;
  if (length != nullptr) *length = diagnostic.range ? diagnostic.range->end - diagnostic.range->begin : 0;
  return diagnostic.message.c_str();
}
