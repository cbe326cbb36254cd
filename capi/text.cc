// Programs and stages of a compile as text.
#include "bpfopt/format.h"
#include "capi/handles.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

namespace bpfopt::capi {
namespace {

struct NamedFormat {
  std::string_view name;
  Format format;
};

constexpr std::array<NamedFormat, 6> kFormats = {{{"asm", Format::kAssembly},
                                                  {"c", Format::kC},
                                                  {"decimal", Format::kDecimal},
                                                  {"json", Format::kJson},
                                                  {"iptables", Format::kIptables},
                                                  {"bpf_asm", Format::kBpfAsm}}};

Expected<Format> FormatOf(std::string_view name) {
  const auto* found = std::find_if(kFormats.begin(), kFormats.end(),
                                   [&](const NamedFormat& each) { return each.name == name; });
  if (found == kFormats.end()) return InvalidInput(fmt::format("there is no format '{}'", name));
  return found->format;
}

char* CopyText(const std::string& text) {
  auto* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy == nullptr) throw std::bad_alloc();
  std::memcpy(copy, text.c_str(), text.size() + 1);
  return copy;
}

Expected<std::string> FormatAs(const Expected<Program>& program, std::string_view name) {
  if (!program) return tl::unexpected(program.error());
  const auto format = FormatOf(name);
  if (!format) return tl::unexpected(format.error());
  if (auto valid = CheckFormat(*program, *format); !valid) return tl::unexpected(valid.error());
  return FormatProgram(*program, *format);
}

}  // namespace
}  // namespace bpfopt::capi

using bpfopt::Expected;
using bpfopt::Program;
using bpfopt::capi::Run;
using bpfopt::capi::Then;

int bpfopt_format(bpfopt_compiler* compiler, const bpfopt_instruction* instructions, size_t count,
                  const char* format, char** text) {
  return Run(compiler, {}, [&] {
    return Then(bpfopt::capi::FormatAs(bpfopt::capi::ProgramOf(instructions, count), format),
                [&](const std::string& made) { *text = bpfopt::capi::CopyText(made); });
  });
}

int bpfopt_parse(bpfopt_compiler* compiler, const char* text, size_t length,
                 bpfopt_instruction** instructions, size_t* count) {
  return Run(compiler, {text, length}, [&] {
    return Then(bpfopt::ParseProgram({text, length}), [&](const Program& program) {
      void* copy = bpfopt::capi::CopyInstructions(program);
      if (copy == nullptr) throw std::bad_alloc();
      *instructions = static_cast<bpfopt_instruction*>(copy);
      *count = program.size();
    });
  });
}

int bpfopt_explain(bpfopt_compiler* compiler, const char* filter, const char* stage, char** text) {
  return Run(compiler, filter, [&]() -> Expected<int> {
    const auto options = compiler->FilterOptions();
    if (!options) return tl::unexpected(options.error());
    return Then(bpfopt::CompileToIr(filter, *options, stage),
                [&](const std::string& made) { *text = bpfopt::capi::CopyText(made); });
  });
}

void bpfopt_free_text(char* text) { std::free(text); }

void bpfopt_free_instructions(bpfopt_instruction* instructions) { std::free(instructions); }

const char* bpfopt_pass_name(size_t index) {
  // The names are literals, and outlive the list.
  try {
    const auto passes = bpfopt::Passes();
    return index < passes.size() ? passes[index].name.data() : nullptr;
  } catch (const std::exception&) {
    return nullptr;
  }
}
