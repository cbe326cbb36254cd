// Any bytes are a program or an error with a place inside of them. A program is read back from every format
// that it is written in, and the checker looks at it without harm.
#include "bpf/checker.h"
#include "bpfopt/format.h"
#include "random_program.h"
#include "target.h"

#include <string>

namespace bpfopt::fuzz {
namespace {

constexpr Format kFormats[] = {Format::kAssembly, Format::kC,      Format::kDecimal, Format::kJson,
                               Format::kIptables, Format::kBpfAsm, Format::kRaw};
constexpr Target kTargets[] = {Target::kPcap, Target::kLinux, Target::kSeccomp};

bool IsAcceptable(const Program& program) {
  bool acceptable = false;
  for (const Target target : kTargets) {
    if (bpf::Check(program, {.target = target}).empty()) acceptable = true;
  }
  return acceptable;
}

// These leave out fields that an operation does not use, so what comes back is the program without them; and
// they name jump targets, which only a program that could run has.
void RequireSameListing(const Program& program, Format format) {
  const std::string listing = FormatProgram(program, format);
  const auto read = ParseProgram(listing);
  Require(read.has_value(), "a listing is a program", listing);
  Require(FormatProgram(*read, format) == listing, "a listing is read back", listing);
}

void RequireReadBack(const Program& program, Format format, ByteOrder order) {
  const std::string text = FormatProgram(program, format, order);
  // Bytes without a NUL are text; no program of known operations is.
  if (format == Format::kRaw && text.find('\0') == std::string::npos) return;
  const auto read = ParseProgram(text, order);
  Require(read.has_value(), "what was written is a program", text);
  Require(*read == program, "a program is read back", text);
}

void TestReaders(std::string_view text, ByteOrder order) {
  const auto program = ParseProgram(text, order);
  if (!program) {
    const auto& range = program.error().range;
    Require(!range || (range->begin <= range->end && range->end <= text.size()),
            "an error is inside of the text", program.error().message);
    Require(program.error().message.size() < 400, "an error is short", program.error().message);
    return;
  }
  const bool acceptable = IsAcceptable(*program);
  for (const Format format : kFormats) {
    const bool listing = format == Format::kAssembly || format == Format::kBpfAsm;
    const bool has_text = !program->empty() || format == Format::kDecimal || format == Format::kJson ||
                          format == Format::kIptables;
    if (!has_text) continue;
    if (!listing) {
      RequireReadBack(*program, format, order);
    } else if (format == Format::kBpfAsm ? CheckFormat(*program, format).has_value() : acceptable) {
      RequireSameListing(*program, format);
    }
  }
}

}  // namespace

std::string StructuredInput(std::mt19937& random) {
  const Target target = kTargets[random() % std::size(kTargets)];
  const Program program = bpf::RandomProgram(random, 12, target);
  return FormatProgram(program, kFormats[random() % std::size(kFormats)],
                       random() % 2 == 0 ? ByteOrder::kLittle : ByteOrder::kBig);
}

}  // namespace bpfopt::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  bpfopt::fuzz::TestReaders(text, bpfopt::ByteOrder::kLittle);
  if (text.find('\0') != std::string_view::npos) {
    bpfopt::fuzz::TestReaders(text, bpfopt::ByteOrder::kBig);
  }
  return 0;
}
