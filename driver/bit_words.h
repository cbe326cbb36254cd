// 32-bit words as their bits: which bit of the packet each of them is, where that is known. Coarser than the
// IR's values, and the same for IR and for bytecode: for telling what a test asks about, not for proofs.
#ifndef BPFOPT_DRIVER_BIT_WORDS_H
#define BPFOPT_DRIVER_BIT_WORDS_H

#include "ir/value.h"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace bpfopt::driver {

// A byte of the packet. `base` stands for the bytes that its place is computed from: 0 for none of them.
struct BytePlace {
  std::uint32_t base = 0;
  std::uint64_t address = 0;  // from there
  friend auto operator<=>(const BytePlace&, const BytePlace&) = default;
};

struct WordBit {
  enum class Kind : std::uint8_t { kConstant, kPacket, kUnknown };
  Kind kind = Kind::kConstant;
  std::uint8_t bit = 0;  // kConstant: 0 or 1; kPacket: which of the byte, 0 being the lowest
  BytePlace byte = {};   // kPacket
  friend auto operator<=>(const WordBit&, const WordBit&) = default;
};

struct BitWord {
  std::array<WordBit, 32> bits{};  // the lowest first
  std::vector<BytePlace> sources;  // the bytes that it is computed from, ascending
  std::uint32_t addend = 0;        // of a sum: its constant part
  std::optional<std::uint32_t> constant() const;
  friend auto operator<=>(const BitWord&, const BitWord&) = default;
};

// Names words by number, equal ones by the same.
class BitWords {
 public:
  using Id = std::uint32_t;

  // Places of what is no byte of the packet: the wire length and ancillary words.
  static constexpr std::uint32_t kNoPacket = 0xffffffff;
  static constexpr std::uint64_t kWireLength = std::uint64_t{1} << 32;

  BitWords() { bases_.emplace(std::vector<BytePlace>(), 0); }

  const BitWord& operator[](Id id) const { return *words_[id]; }
  Id Constant(std::uint32_t value);
  // A load of `width` bytes at base + offset.
  Id Load(std::optional<Id> base, std::uint32_t offset, unsigned width);
  // A word from elsewhere; a place for each.
  Id Foreign(std::uint64_t place);
  // The result of an operation, or of any unknown one on `words`.
  Id Binary(ir::Opcode opcode, Id lhs, Id rhs);
  Id Mixed(const std::vector<Id>& words);

 private:
  Id Intern(BitWord word);
  std::uint32_t BaseOf(const BitWord& word);

  std::map<BitWord, Id> ids_;
  std::vector<const BitWord*> words_;  // keys of ids_
  std::map<std::vector<BytePlace>, std::uint32_t> bases_;
};

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_BIT_WORDS_H
