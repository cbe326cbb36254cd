// Two rules. The stores that compute lengths come first in a program and their number is known: no later one
// may be to the same word. And an operand of arithmetic is stored and read in one basic block: where a block
// reads what another stored so, it takes a leftover for a place.
#include "frontend/header_words.h"

#include "bpf/opcode.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

namespace bpfopt::frontend {
namespace {

constexpr std::size_t kScratchWords = 16;

// Stores of the payload's place: the least, a correction for quality of service, one for padding.
std::size_t PayloadStores(const LinkType& link) {
  if (link.header_length == LinkHeaderLength::kPfLog) return 1;
  return link.radio == RadioHeader::kRadiotap ? 3 : 2;
}

bool IsStore(const Instruction& instruction) {
  const std::uint16_t kind = bpf::Class(instruction.code);
  return kind == bpf::kSt || kind == bpf::kStx;
}

bool IsScratchLoad(const Instruction& instruction) {
  return instruction.code == (bpf::kLd | bpf::kMem) || instruction.code == (bpf::kLdx | bpf::kMem);
}

bool IsJump(const Instruction& instruction) { return bpf::Class(instruction.code) == bpf::kJmp; }

std::vector<std::size_t> TargetsOf(const Program& program, std::size_t at) {
  const Instruction& jump = program[at];
  std::vector<std::size_t> targets;
  if (bpf::IsConditionalJump(jump.code)) {
    targets = {at + 1 + jump.jt, at + 1 + jump.jf};
  } else {
    targets = {at + 1 + jump.k};
  }
  std::erase_if(targets, [&](std::size_t target) { return target >= program.size(); });
  return targets;
}

std::size_t LengthStores(const VariableHeaders& used, const LinkType& link) {
  return (used.link_header ? 1 : 0) + (used.payload ? PayloadStores(link) : 0);
}

bool OverwritesLengths(const Program& program, const VariableHeaders& used, const LinkType& link) {
  std::vector<std::uint32_t> words;
  for (const Instruction& instruction : program) {
    if (IsStore(instruction)) words.push_back(instruction.k);
  }
  const std::size_t first = LengthStores(used, link);
  if (words.size() < first) return true;
  if (used.link_header && used.payload && words[0] == words[1]) return true;
  const auto end = words.begin() + static_cast<std::ptrdiff_t>(first);
  return std::any_of(end, words.end(),
                     [&](std::uint32_t word) { return std::find(words.begin(), end, word) != end; });
}

// Does a block read a word in which another may have left an operand of arithmetic?
class Leftovers {
 public:
  Leftovers(const Program& program, std::size_t length_stores)
      : program_(program), length_stores_(length_stores) {}

  bool Exist() {
    FindLeaders();
    std::vector<Words> at_entry(program_.size());  // words that may hold an operand
    std::size_t stores = 0;
    Words now{};
    Words stored_here{};
    for (std::size_t at = 0; at < program_.size(); ++at) {
      if (leader_[at]) {
        for (std::size_t word = 0; word < kScratchWords; ++word) now[word] = now[word] || at_entry[at][word];
        stored_here = {};
      }
      const Instruction& instruction = program_[at];
      if (IsScratchLoad(instruction) && now[Word(at)] && !stored_here[Word(at)]) return true;
      if (IsStore(instruction)) {
        now[Word(at)] = stores++ >= length_stores_ && IsReadInBlock(at);
        stored_here[Word(at)] = true;
      }
      if (!IsJump(instruction)) continue;
      for (const std::size_t target : TargetsOf(program_, at)) {
        for (std::size_t word = 0; word < kScratchWords; ++word) {
          at_entry[target][word] = at_entry[target][word] || now[word];
        }
      }
      now = {};  // what follows is reached by jumps alone
    }
    return false;
  }

 private:
  using Words = std::array<bool, kScratchWords>;

  std::size_t Word(std::size_t at) const { return program_[at].k % kScratchWords; }

  void FindLeaders() {
    leader_.assign(program_.size(), false);
    for (std::size_t at = 0; at < program_.size(); ++at) {
      if (!IsJump(program_[at])) continue;
      for (const std::size_t target : TargetsOf(program_, at)) leader_[target] = true;
    }
  }

  bool IsReadInBlock(std::size_t store) const {
    for (std::size_t at = store + 1; at < program_.size() && !leader_[at]; ++at) {
      const Instruction& instruction = program_[at];
      if (IsScratchLoad(instruction) && Word(at) == Word(store)) return true;
      if (IsJump(instruction) || (IsStore(instruction) && Word(at) == Word(store))) return false;
    }
    return false;
  }

  const Program& program_;
  std::size_t length_stores_;
  std::vector<bool> leader_;
};

bool HasVaryingPlaces(const Ast& filter, const LinkType& link) {
  return link.radio != RadioHeader::kNone || link.header_length != LinkHeaderLength::kFixed ||
         std::any_of(filter.nodes.begin(), filter.nodes.end(), [](const Node& node) {
           const auto* word = std::get_if<Encapsulated>(&node.kind);
           return word != nullptr && word->kind == Encapsulation::kGeneve;
         });
}

}  // namespace

bool LosesHeaderPlaces(const Program& program, const Ast& filter, const LowerOptions& options) {
  const LinkType& link = *options.link_type;
  if (!HasVaryingPlaces(filter, link)) return false;
  const VariableHeaders used = UsedVariableHeaders(filter, options);
  return OverwritesLengths(program, used, link) || Leftovers(program, LengthStores(used, link)).Exist();
}

}  // namespace bpfopt::frontend
