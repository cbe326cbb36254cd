// Adds JSON and iptables' form to those that tcpdump prints.
#include "bpfopt/format.h"

#include "bpf/text.h"

#include <algorithm>
#include <limits>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace bpfopt {
namespace {

using nlohmann::json;

std::string FormatJson(const Program& program) {
  std::string text = "{\"instructions\": [";
  for (std::size_t i = 0; i < program.size(); ++i) {
    const Instruction& instruction = program[i];
    text += fmt::format("{}\n  {{\"code\": {}, \"jt\": {}, \"jf\": {}, \"k\": {}}}", i == 0 ? "" : ",",
                        instruction.code, instruction.jt, instruction.jf, instruction.k);
  }
  return text + "\n]}\n";
}

std::string FormatIptables(const Program& program) {
  std::string text = std::to_string(program.size());
  for (const Instruction& instruction : program) {
    text += fmt::format(",{} {} {} {}", instruction.code, instruction.jt, instruction.jf, instruction.k);
  }
  return text + "\n";
}

template <typename Field>
bool ReadField(const json& object, const char* name, Field& field) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_unsigned()) return false;
  const auto value = found->get<std::uint64_t>();
  if (value > std::numeric_limits<Field>::max()) return false;
  field = static_cast<Field>(value);
  return true;
}

Expected<Program> ParseJson(std::string_view text) {
  // Nothing in this form nests deeper, and the parser's tree costs memory by the level.
  const auto refuse_depth = [](int depth, json::parse_event_t, json&) { return depth <= 4; };
  const json document = json::parse(text, refuse_depth, /*allow_exceptions=*/false);
  if (document.is_discarded() || !document.is_object()) return InvalidInput("this is not well-formed JSON");
  const auto instructions = document.find("instructions");
  if (instructions == document.end() || !instructions->is_array()) {
    return InvalidInput("the JSON of a program has an array \"instructions\"");
  }
  Program program;
  for (const json& object : *instructions) {
    Instruction instruction;
    if (!object.is_object() || !ReadField(object, "code", instruction.code) ||
        !ReadField(object, "jt", instruction.jt) || !ReadField(object, "jf", instruction.jf) ||
        !ReadField(object, "k", instruction.k)) {
      return InvalidInput(
          fmt::format("instruction {} of the JSON lacks one of code, jt, jf and k as a number in its range",
                      program.size()));
    }
    program.push_back(instruction);
  }
  return program;
}

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// A row of -dd starts with a brace too, but a number follows there.
bool LooksLikeJson(std::string_view text) {
  const auto brace = std::find_if_not(text.begin(), text.end(), IsSpace);
  if (brace == text.end() || *brace != '{') return false;
  const auto next = std::find_if_not(brace + 1, text.end(), IsSpace);
  return next != text.end() && (*next == '"' || *next == '}');
}

// "4,48 0 0 9,...": the decimal form with commas for line feeds.
bool LooksLikeIptables(std::string_view text) {
  const auto digit = std::find_if_not(text.begin(), text.end(), IsSpace);
  const auto end = std::find_if_not(digit, text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return end != digit && end != text.end() && *end == ',';
}

}  // namespace

std::string FormatProgram(const Program& program, Format format) {
  switch (format) {
    case Format::kAssembly:
      return bpf::FormatAssembly(program);
    case Format::kC:
      return bpf::FormatC(program);
    case Format::kDecimal:
      return bpf::FormatDecimal(program);
    case Format::kJson:
      return FormatJson(program);
    case Format::kIptables:
      break;
  }
  return FormatIptables(program);
}

Expected<Program> ParseProgram(std::string_view text) {
  if (LooksLikeJson(text)) return ParseJson(text);
  if (LooksLikeIptables(text)) {
    std::string decimal(text);
    std::replace(decimal.begin(), decimal.end(), ',', '\n');
    return bpf::Parse(decimal);
  }
  return bpf::Parse(text);
}

}  // namespace bpfopt
