#include "verifier/witness.h"

#include "bpf/interpreter.h"
#include "bpf/opcode.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <set>

namespace bpfopt::verifier {
namespace {

constexpr std::uint32_t kSeccompBytes = 64;  // sizeof(struct seccomp_data)

// The kernel's offsets are signed.
std::uint64_t LongestCapture(Target target) { return target == Target::kLinux ? 0x7fffffff : 0xffffffff; }

bpf::Outcome Run(const BoundedSource& source, const BoundWitness& witness, std::vector<bpf::Step>* trace) {
  bpf::Packet packet;
  packet.captured = witness.bytes;
  packet.wire_length = witness.wire_length;
  if (source.relation == Relation::kFaithful) {
    packet.continuation = [](std::uint64_t) -> std::uint8_t { return 0; };
  } else {
    packet.more_captured = LongestCapture(source.target) - witness.bytes.size();
  }
  return bpf::Run(source.program, source.target, packet, {}, trace);
}

std::uint32_t ValueAt(const BoundWitness& witness, std::uint32_t place) {
  if (place == kWireLengthPlace) return witness.wire_length;
  return place < witness.bytes.size() ? witness.bytes[place] : 0;
}

void SetValueAt(BoundWitness& witness, std::uint32_t place, std::uint32_t value) {
  if (place == kWireLengthPlace) {
    witness.wire_length = value;
  } else {
    witness.bytes[place] = static_cast<std::uint8_t>(value);
  }
}

std::uint32_t VerdictWith(const BoundedSource& source, const BoundWitness& witness, std::uint32_t place,
                          std::uint32_t value) {
  BoundWitness changed = witness;
  SetValueAt(changed, place, value);
  return CompleteVerdict(source, changed);
}

// The places that a run reads; no other can decide.
struct Reads {
  std::set<std::uint32_t> places;
  std::uint64_t end = 0;  // of the last byte
};

Reads ReadsOf(const BoundedSource& source, const std::vector<bpf::Step>& steps) {
  Reads reads;
  std::uint32_t x = 0;
  for (const bpf::Step& step : steps) {
    const Instruction& instruction = source.program[step.instruction];
    const std::uint16_t code = instruction.code;
    const auto read = [&](std::uint64_t address, unsigned width) {
      const std::uint64_t negative_from = source.target == Target::kLinux ? std::uint64_t{1} << 31 : ~0ULL;
      if (address >= negative_from) return;
      reads.end = std::max(reads.end, address + width);
      for (unsigned i = 0; i < width && address + i < kWireLengthPlace; ++i)
        reads.places.insert(static_cast<std::uint32_t>(address + i));
    };
    const bool is_load = bpf::Class(code) == bpf::kLd || bpf::Class(code) == bpf::kLdx;
    if (is_load && bpf::Mode(code) == bpf::kLen) reads.places.insert(kWireLengthPlace);
    if (code == (bpf::kLdx | bpf::kB | bpf::kMsh)) read(instruction.k, 1);
    if (bpf::Class(code) == bpf::kLd && bpf::Mode(code) == bpf::kAbs)
      read(instruction.k, bpf::LoadWidth(code));
    if (bpf::Class(code) == bpf::kLd && bpf::Mode(code) == bpf::kInd) {
      const std::uint64_t sum = std::uint64_t{x} + instruction.k;
      read(source.target == Target::kLinux ? sum & 0xffffffff : sum, bpf::LoadWidth(code));
    }
    x = step.x;
  }
  return reads;
}

// Lemma 3: does no instruction `A = A op K` or `A = A op X` make the verdicts of a word that holds this bit?
bool IsIrreducible(const BoundedSource& source, const BoundWitness& witness, std::uint32_t verdict,
                   std::uint32_t place, unsigned bit) {
  const bool is_byte = place != kWireLengthPlace;
  const std::uint32_t own = ValueAt(witness, place);
  const std::uint32_t flip = 1U << bit;
  const std::uint32_t other = VerdictWith(source, witness, place, own ^ flip);
  const std::uint32_t difference = std::max(verdict, other) - std::min(verdict, other);
  if (difference <= 1) return false;
  // A load of 4*([k]&0xf) sees the lower half of a byte; it must see the same for all values compared.
  const unsigned first = is_byte && bit >= 4 ? 4 : 0;
  const unsigned bits = is_byte ? 8 : 32;
  const std::uint32_t exclusive = verdict ^ other;
  const bool may_be_bitwise = std::has_single_bit(exclusive) &&
                              (!is_byte || std::countr_zero(exclusive) % 8 == static_cast<int>(bit));
  const bool may_be_remainder = std::has_single_bit(difference) &&
                                (!is_byte || std::countr_zero(difference) % 8 == static_cast<int>(bit));
  for (unsigned j = first; j < bits; ++j) {
    if (j == bit) continue;
    const std::uint32_t beside = own ^ (1U << j);
    const std::uint32_t verdict_beside = VerdictWith(source, witness, place, beside);
    if (verdict_beside == VerdictWith(source, witness, place, beside ^ flip)) return true;  // part (a)
    const bool may_be_product = j > bit && (std::uint64_t{difference} << (j - bit) & 0xffffffff) == 0;
    if (verdict_beside == verdict && is_byte && difference > 256 && !may_be_bitwise && !may_be_remainder &&
        !may_be_product) {
      return true;  // part (b)
    }
  }
  return false;
}

bool IsLoadable(const BoundedSource& source, const BoundWitness& witness, std::uint32_t verdict) {
  if (verdict == 0) return true;
  if (witness.wire_length == verdict) return true;
  if (source.target == Target::kSeccomp) {
    if (verdict == kSeccompBytes) return true;
    for (std::uint32_t k = 0; k < kSeccompBytes; k += 4) {
      std::array<std::uint8_t, 4> bytes{};
      for (std::uint32_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(ValueAt(witness, k + i));
      std::uint32_t word = 0;
      std::memcpy(&word, bytes.data(), sizeof(word));
      if (word == verdict) return true;
    }
    return false;
  }
  // A load may begin anywhere, and reach over the end into the zeros.
  for (std::uint32_t k = 0; k < witness.bytes.size(); ++k) {
    std::uint32_t value = 0;
    for (std::uint32_t width = 1; width <= 4; ++width) {
      value = value << 8 | ValueAt(witness, k + width - 1);
      if (width != 3 && value == verdict) return true;
    }
  }
  // Zeros before the packet's first byte would be at negative addresses, which no load reaches.
  return false;
}

}  // namespace

std::uint32_t CompleteVerdict(const BoundedSource& source, const BoundWitness& witness) {
  return Run(source, witness, nullptr).verdict;
}

WitnessAnalysis Analyze(const BoundedSource& source, const BoundWitness& witness) {
  WitnessAnalysis analysis;
  std::vector<bpf::Step> steps;
  analysis.verdict = Run(source, witness, &steps).verdict;
  if (analysis.verdict == 0) return analysis;
  const Reads reads = ReadsOf(source, steps);
  analysis.enough_captured = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(source.target == Target::kSeccomp ? kSeccompBytes : reads.end,
                              std::numeric_limits<std::uint32_t>::max()));
  analysis.verdict_is_not_loaded = !IsLoadable(source, witness, analysis.verdict);
  for (const std::uint32_t address : reads.places) {
    const bool is_length = address == kWireLengthPlace;
    if (!is_length && address >= witness.bytes.size()) continue;
    if (is_length && source.target == Target::kSeccomp) continue;
    const std::uint32_t own = ValueAt(witness, address);
    DecisivePlace place{.address = address, .value = own};
    for (unsigned bit = 0; bit < (is_length ? 32U : 8U); ++bit) {
      if (VerdictWith(source, witness, address, own ^ (1U << bit)) == analysis.verdict) continue;
      place.bits |= 1U << bit;
      if (IsIrreducible(source, witness, analysis.verdict, address, bit)) place.irreducible |= 1U << bit;
    }
    if (place.bits != 0) analysis.places.push_back(place);
  }
  return analysis;
}

bool IsIrreducible(const BoundedSource& source, const BoundWitness& witness, const WitnessBit& bit) {
  return IsIrreducible(source, witness, CompleteVerdict(source, witness), bit.place, bit.bit);
}

std::optional<BoundWitness> WithFlipped(const BoundWitness& witness, const WitnessBit& bit) {
  BoundWitness flipped = witness;
  flipped.near.clear();
  const bool is_length = bit.place == kWireLengthPlace;
  if (bit.bit >= (is_length ? 32U : 8U)) return std::nullopt;
  if (!is_length && bit.place >= witness.bytes.size()) return std::nullopt;
  SetValueAt(flipped, bit.place, ValueAt(witness, bit.place) ^ 1U << bit.bit);
  return flipped;
}

}  // namespace bpfopt::verifier
