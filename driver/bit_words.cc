// Bitwise operations and shifts by constants keep track of bits; all others make unknown bits.
#include "driver/bit_words.h"

#include "ir/function.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bpfopt::driver {
namespace {

using Kind = WordBit::Kind;

constexpr unsigned kBits = 32;

std::vector<BytePlace> Union(const std::vector<BytePlace>& a, const std::vector<BytePlace>& b) {
  std::vector<BytePlace> both;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return both;
}

BitWord ConstantWord(std::uint32_t value) {
  BitWord word;
  for (unsigned i = 0; i < kBits; ++i) word.bits[i].bit = value >> i & 1;
  return word;
}

WordBit AndBits(const WordBit& a, const WordBit& b) {
  if (a.kind != Kind::kConstant) return b.kind == Kind::kConstant ? AndBits(b, a) : WordBit{Kind::kUnknown};
  return a.bit != 0 ? b : WordBit{};
}

WordBit OrBits(const WordBit& a, const WordBit& b) {
  if (a.kind != Kind::kConstant) return b.kind == Kind::kConstant ? OrBits(b, a) : WordBit{Kind::kUnknown};
  return a.bit != 0 ? WordBit{Kind::kConstant, 1} : b;
}

BitWord Shifted(const BitWord& word, int by) {
  BitWord result;
  result.sources = word.sources;
  for (int i = 0; i < static_cast<int>(kBits); ++i) {
    const int from = i - by;
    if (from >= 0 && from < static_cast<int>(kBits)) result.bits[i] = word.bits[from];
  }
  return result;
}

}  // namespace

std::optional<std::uint32_t> BitWord::constant() const {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < kBits; ++i) {
    if (bits[i].kind != Kind::kConstant) return std::nullopt;
    value |= std::uint32_t{bits[i].bit} << i;
  }
  return value;
}

BitWords::Id BitWords::Intern(BitWord word) {
  const auto [found, is_new] = ids_.try_emplace(std::move(word), static_cast<Id>(words_.size()));
  if (is_new) words_.push_back(&found->first);
  return found->second;
}

std::uint32_t BitWords::BaseOf(const BitWord& word) {
  return bases_.try_emplace(word.sources, static_cast<std::uint32_t>(bases_.size())).first->second;
}

BitWords::Id BitWords::Constant(std::uint32_t value) { return Intern(ConstantWord(value)); }

BitWords::Id BitWords::Load(std::optional<Id> base, std::uint32_t offset, unsigned width) {
  BytePlace first{0, offset};
  if (base) {
    const BitWord& word = *words_[*base];
    const auto constant = word.constant();
    first = constant ? BytePlace{0, std::uint64_t{*constant} + offset}
                     : BytePlace{BaseOf(word), std::uint64_t{word.addend} + offset};
  }
  BitWord word;
  for (unsigned i = 0; i < width; ++i) {
    const BytePlace place{first.base, first.address + i};
    word.sources.push_back(place);
    for (unsigned bit = 0; bit < 8; ++bit) {
      word.bits[8 * (width - 1 - i) + bit] = {Kind::kPacket, static_cast<std::uint8_t>(bit), place};
    }
  }
  return Intern(std::move(word));
}

BitWords::Id BitWords::Foreign(std::uint64_t place) {
  BitWord word;
  word.sources.push_back({kNoPacket, place});
  for (unsigned bit = 0; bit < kBits; ++bit) {
    word.bits[bit] = {Kind::kPacket, static_cast<std::uint8_t>(bit), word.sources[0]};
  }
  return Intern(std::move(word));
}

BitWords::Id BitWords::Mixed(const std::vector<Id>& words) {
  BitWord mixed;
  mixed.bits.fill({Kind::kUnknown});
  for (const Id id : words) mixed.sources = Union(mixed.sources, words_[id]->sources);
  return Intern(std::move(mixed));
}

BitWords::Id BitWords::Binary(ir::Opcode opcode, Id lhs, Id rhs) {
  const BitWord& a = *words_[lhs];
  const BitWord& b = *words_[rhs];
  const auto left = a.constant();
  const auto right = b.constant();
  if (left && right) {
    const ir::FoldResult folded = ir::Fold(opcode, *left, *right);
    if (folded.known) return Constant(folded.value);
  }
  if (opcode == ir::Opcode::kAnd || opcode == ir::Opcode::kOr) {
    BitWord word;
    for (unsigned i = 0; i < kBits; ++i) {
      word.bits[i] =
          opcode == ir::Opcode::kAnd ? AndBits(a.bits[i], b.bits[i]) : OrBits(a.bits[i], b.bits[i]);
    }
    word.sources = Union(a.sources, b.sources);
    return Intern(std::move(word));
  }
  if ((opcode == ir::Opcode::kShl || opcode == ir::Opcode::kShr) && right && *right < kBits) {
    const int by = static_cast<int>(*right);
    return Intern(Shifted(a, opcode == ir::Opcode::kShl ? by : -by));
  }
  if (opcode == ir::Opcode::kAdd && (left || right)) {
    const BitWord& variable = left ? b : a;
    BitWord word;
    word.bits.fill({Kind::kUnknown});
    word.sources = variable.sources;
    word.addend = variable.addend + (left ? *left : *right);
    return Intern(std::move(word));
  }
  return Mixed({lhs, rhs});
}

}  // namespace bpfopt::driver
