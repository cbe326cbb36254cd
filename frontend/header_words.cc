// Stores are told apart by their order: those that compute lengths come first, and their number is known.
#include "frontend/header_words.h"

#include "bpf/opcode.h"
#include "frontend/lowering.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bpfopt::frontend {
namespace {

// Stores of the payload's place: the least, a correction for quality of service, one for padding.
std::size_t PayloadStores(const LinkType& link) {
  if (link.header_length == LinkHeaderLength::kPfLog) return 1;
  return link.radio == RadioHeader::kRadiotap ? 3 : 2;
}

std::vector<std::uint32_t> StoredWords(const Program& program) {
  std::vector<std::uint32_t> words;
  for (const Instruction& instruction : program) {
    const std::uint16_t kind = bpf::Class(instruction.code);
    if (kind == bpf::kSt || kind == bpf::kStx) words.push_back(instruction.k);
  }
  return words;
}

}  // namespace

bool OverwritesHeaderLengths(const Program& program, const Ast& filter, const LowerOptions& options) {
  const VariableHeaders used = UsedVariableHeaders(filter, options);
  const std::size_t of_link = used.link_header ? 1 : 0;
  const std::size_t of_payload = used.payload ? PayloadStores(*options.link_type) : 0;
  const std::vector<std::uint32_t> words = StoredWords(program);
  const std::size_t first = of_link + of_payload;
  if (words.size() < first) return true;
  const auto lengths_end = words.begin() + static_cast<std::ptrdiff_t>(first);
  if (used.link_header && used.payload && words[0] == words[1]) return true;
  return std::any_of(lengths_end, words.end(), [&](std::uint32_t word) {
    return std::find(words.begin(), lengths_end, word) != lengths_end;
  });
}

}  // namespace bpfopt::frontend
