// Byte by byte, so that the host's order and alignment do not matter.
#include "bpf/raw.h"

#include "bpf/text.h"

#include <cstddef>
#include <cstdint>

#include <fmt/format.h>

namespace bpfopt::bpf {
namespace {

constexpr std::size_t kInstructionBytes = sizeof(Instruction);

unsigned Shift(std::size_t byte, std::size_t bytes, ByteOrder order) {
  return static_cast<unsigned>(8 * (order == ByteOrder::kLittle ? byte : bytes - 1 - byte));
}

void Append(std::string& out, std::uint32_t value, std::size_t bytes, ByteOrder order) {
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> Shift(i, bytes, order) & 0xff);
}

std::uint32_t Load(std::string_view bytes, ByteOrder order) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    value |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << Shift(i, bytes.size(), order);
  }
  return value;
}

}  // namespace

std::string EncodeRaw(const Program& program, ByteOrder order) {
  std::string bytes;
  bytes.reserve(program.size() * kInstructionBytes);
  for (const Instruction& instruction : program) {
    Append(bytes, instruction.code, 2, order);
    Append(bytes, instruction.jt, 1, order);
    Append(bytes, instruction.jf, 1, order);
    Append(bytes, instruction.k, 4, order);
  }
  return bytes;
}

Expected<Program> DecodeRaw(std::string_view bytes, ByteOrder order) {
  const std::size_t count = bytes.size() / kInstructionBytes;
  if (bytes.size() % kInstructionBytes != 0) {
    return InvalidInput(
        fmt::format("instruction {} is cut off: a raw program has {} bytes an instruction, and "
                    "this one is {} bytes long",
                    count, kInstructionBytes, bytes.size()));
  }
  if (count > kMaxTextInstructions) {
    return InvalidInput(
        fmt::format("the raw program has {} instructions, above {}", count, kMaxTextInstructions));
  }
  Program program;
  program.reserve(count);
  for (std::size_t at = 0; at < bytes.size(); at += kInstructionBytes) {
    const std::string_view instruction = bytes.substr(at, kInstructionBytes);
    program.push_back({static_cast<std::uint16_t>(Load(instruction.substr(0, 2), order)),
                       static_cast<std::uint8_t>(instruction[2]), static_cast<std::uint8_t>(instruction[3]),
                       Load(instruction.substr(4), order)});
  }
  return program;
}

}  // namespace bpfopt::bpf
