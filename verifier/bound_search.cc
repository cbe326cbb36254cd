// Accepted packets along the branches of the hint, changed a little as long as that bears out more; and
// rejected ones, steered until as many bits as possible lead to acceptance, each by itself.
#include "verifier/bound_search.h"

#include "bpf/interpreter.h"
#include "bpf/opcode.h"
#include "verifier/path_packets.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace bpfopt::verifier {
namespace {

constexpr std::size_t kMostPackets = 64;
// How many packets are changed.
constexpr std::size_t kKept = 4;

// Numbers that look random, the same everywhere (Marsaglia's xorshift).
class Sequence {
 public:
  std::uint32_t Below(std::size_t bound) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return static_cast<std::uint32_t>(state_ % bound);
  }

 private:
  std::uint32_t state_ = 0x9e3779b9;
};

// A field that a run compared, and how.
struct Comparison {
  std::uint64_t address = 0;
  unsigned width = 0;
  std::uint32_t mask = 0xffffffff;
  Instruction jump;
};

std::vector<Comparison> ComparisonsOf(const Program& program, const BoundWitness& packet, Target target) {
  std::vector<bpf::Step> steps;
  bpf::Packet complete;
  complete.captured = packet.bytes;
  complete.wire_length = packet.wire_length;
  complete.continuation = [](std::uint64_t) -> std::uint8_t { return 0; };
  bpf::Run(program, target, complete, {}, &steps);
  std::vector<Comparison> comparisons;
  Comparison open;
  std::uint32_t x = 0;
  for (const bpf::Step& step : steps) {
    const Instruction& instruction = program[step.instruction];
    const std::uint16_t code = instruction.code;
    const bool indirect = bpf::Mode(code) == bpf::kInd;
    if (bpf::Class(code) == bpf::kLd && (indirect || bpf::Mode(code) == bpf::kAbs)) {
      open = {instruction.k + (indirect ? std::uint64_t{x} : 0), bpf::LoadWidth(code), 0xffffffff, {}};
    } else if (code == (bpf::kAlu | bpf::kAnd | bpf::kK)) {
      open.mask &= instruction.k;
    } else if (bpf::IsConditionalJump(code) && !bpf::UsesX(code)) {
      open.jump = instruction;
      if (open.width != 0) comparisons.push_back(open);
    } else if (bpf::Class(code) == bpf::kLd || bpf::Class(code) == bpf::kAlu) {
      open = {};
    }
    x = step.x;
  }
  return comparisons;
}

// Of bytes: a load into X sees the lower halves alone, so bits of the upper ones demand more.
constexpr std::uint32_t kUpperHalves = 0xf0f0f0f0;

constexpr std::uint32_t LowestBit(std::uint32_t word) { return word & ~(word - 1); }

// The packet with the field just not what the comparison asks for.
std::optional<BoundWitness> JustNot(const BoundWitness& packet, const Comparison& comparison) {
  if (comparison.address + comparison.width > packet.bytes.size()) return std::nullopt;
  const std::uint32_t k = comparison.jump.k;
  std::uint32_t value = 0;
  switch (bpf::Operation(comparison.jump.code)) {
    case bpf::kJeq:
      value = k ^ LowestBit((comparison.mask & kUpperHalves) != 0 ? comparison.mask & kUpperHalves
                                                                  : comparison.mask);
      break;
    case bpf::kJgt:
      value = k;
      break;
    case bpf::kJge:
      value = k - 1;
      break;
    default:
      break;
  }
  BoundWitness steered = packet;
  for (unsigned i = 0; i < comparison.width; ++i) {
    const unsigned shift = 8 * (comparison.width - 1 - i);
    const auto mask = static_cast<std::uint8_t>(comparison.mask >> shift);
    std::uint8_t& byte = steered.bytes[static_cast<std::size_t>(comparison.address) + i];
    byte = static_cast<std::uint8_t>((byte & ~mask) | (value >> shift & mask));
  }
  return steered == packet ? std::nullopt : std::optional(std::move(steered));
}

class Search {
 public:
  Search(const BoundedSource& source, const Program& hint, std::size_t runs)
      : source_(source), hint_(hint), runs_left_(runs) {
    for (const Instruction& instruction : hint) {
      if (bpf::IsConditionalJump(instruction.code)) constants_.push_back(instruction.k);
    }
    constants_.push_back(0);
  }

  LowerBound Run() {
    const std::size_t budget = runs_left_;
    const std::vector<BoundWitness> packets = PathPackets(hint_, source_.target, kMostPackets);
    runs_left_ = budget / 2;
    for (const BoundWitness& packet : packets) ConsiderRejected(packet);
    runs_left_ = budget / 4;
    for (const BoundWitness& packet : packets) {
      if (CompleteVerdict(source_, packet) != 0) Consider(packet);
    }
    std::stable_sort(found_.begin(), found_.end(),
                     [](const Scored& a, const Scored& b) { return a.score > b.score; });
    if (found_.size() > kKept) found_.resize(kKept);
    runs_left_ = budget / 4;
    for (std::size_t turn = 0; runs_left_ > 0 && !found_.empty(); ++turn)
      Change(found_[turn % found_.size()]);
    for (Scored& each : found_) Keep(each.witness, each.score.first);
    return std::move(best_);
  }

 private:
  // Instructions, then decisive bytes: more of these may make the next step possible.
  using Score = std::pair<std::size_t, std::size_t>;
  struct Scored {
    BoundWitness witness;
    Score score;
  };

  void Pay(std::size_t runs) { runs_left_ -= std::min(runs_left_, runs); }

  void Keep(const BoundWitness& witness, std::size_t instructions) {
    if (instructions <= best_.instructions) return;
    best_.instructions = instructions;
    best_.witnesses = {witness};
  }

  Score ScoreOf(const BoundWitness& witness) {
    const WitnessAnalysis analysis = Analyze(source_, witness);
    // About what that took: a run for each bit that was read, and a few more for the decisive ones.
    Pay(2 * (8 * analysis.enough_captured / 2 + 40));
    return {InstructionsFor(source_, witness), analysis.places.size()};
  }

  void Consider(BoundWitness witness) {
    if (runs_left_ == 0) return;
    const Score score = ScoreOf(witness);
    found_.push_back({std::move(witness), score});
  }

  // One bit of each byte that, flipped, leads to acceptance; of the upper half if there is one.
  std::vector<WitnessBit> NearBits(const BoundWitness& rejected) {
    std::vector<WitnessBit> near;
    for (std::uint32_t at = 0; at < rejected.bytes.size(); ++at) {
      for (unsigned bit = 8; bit-- > 0;) {
        Pay(1);
        const WitnessBit flip = {at, bit};
        if (CompleteVerdict(source_, *WithFlipped(rejected, flip)) == 0) continue;
        near.push_back(flip);
        break;
      }
    }
    return near;
  }

  void ConsiderRejected(BoundWitness packet) {
    if (runs_left_ == 0 || CompleteVerdict(source_, packet) != 0) return;
    packet.near = NearBits(packet);
    for (bool again = true; again && runs_left_ > 0;) {
      again = false;
      for (const Comparison& comparison : ComparisonsOf(hint_, packet, source_.target)) {
        std::optional<BoundWitness> steered = JustNot(packet, comparison);
        if (!steered || runs_left_ == 0 || CompleteVerdict(source_, *steered) != 0) continue;
        steered->near = NearBits(*steered);
        if (steered->near.size() <= packet.near.size()) continue;
        packet = std::move(*steered);
        again = true;
        break;
      }
    }
    if (packet.near.empty()) return;
    for (const WitnessBit& bit : packet.near) Consider(*WithFlipped(packet, bit));
    DropNeighbours(std::move(packet));
  }

  // A neighbour whose own path is short may cost more than it brings.
  void DropNeighbours(BoundWitness packet) {
    std::size_t score = Count(packet);
    for (std::size_t i = 0; i < packet.near.size() && packet.near.size() > 1;) {
      BoundWitness fewer = packet;
      fewer.near.erase(fewer.near.begin() + static_cast<std::ptrdiff_t>(i));
      const std::size_t without = Count(fewer);
      if (without < score) {
        ++i;
        continue;
      }
      packet = std::move(fewer);
      score = without;
    }
    Keep(packet, score);
  }

  std::size_t Count(const BoundWitness& witness) {
    Pay(200 * witness.near.size());
    return InstructionsFor(source_, witness);
  }

  void Change(Scored& scored) {
    BoundWitness changed = scored.witness;
    for (std::uint32_t changes = 1 + random_.Below(3); changes > 0; --changes) ChangeSomething(changed);
    Pay(1);
    if (CompleteVerdict(source_, changed) == 0) return;
    const Score score = ScoreOf(changed);
    if (score >= scored.score) scored = {std::move(changed), score};
  }

  void ChangeSomething(BoundWitness& witness) {
    std::uint32_t value = constants_[random_.Below(constants_.size())] + random_.Below(3) - 1;
    if (random_.Below(16) == 0) {
      witness.wire_length = value;
      return;
    }
    if (witness.bytes.empty()) return;
    const std::size_t at = random_.Below(witness.bytes.size());
    if (random_.Below(2) == 0) {
      witness.bytes[at] = static_cast<std::uint8_t>(random_.Below(256));
      return;
    }
    for (unsigned i = 1U << random_.Below(3); i-- > 0; value >>= 8) {
      if (at + i < witness.bytes.size()) witness.bytes[at + i] = static_cast<std::uint8_t>(value);
    }
  }

  const BoundedSource& source_;
  const Program& hint_;
  std::size_t runs_left_;
  std::vector<std::uint32_t> constants_;
  std::vector<Scored> found_;
  LowerBound best_;
  Sequence random_;
};

}  // namespace

LowerBound SearchLowerBound(const BoundedSource& source, const Program& hint, std::size_t runs) {
  return Search(source, hint, runs).Run();
}

}  // namespace bpfopt::verifier
