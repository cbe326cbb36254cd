// Packets along the branches of the hint first, then small changes of the best of them: whatever bears out
// more is kept.
#include "verifier/bound_search.h"

#include "bpf/opcode.h"
#include "verifier/path_packets.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace bpfopt::verifier {
namespace {

constexpr std::size_t kMostPackets = 64;
// How many of the packets are changed, and how often each.
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
    const std::size_t for_changes = runs_left_ / 2;
    runs_left_ -= for_changes;
    for (BoundWitness& packet : PathPackets(hint_, source_.target, kMostPackets)) Consider(std::move(packet));
    runs_left_ = for_changes;
    std::stable_sort(found_.begin(), found_.end(),
                     [](const Scored& a, const Scored& b) { return a.score > b.score; });
    if (found_.size() > kKept) found_.resize(kKept);
    for (std::size_t turn = 0; runs_left_ > 0 && !found_.empty(); ++turn)
      Change(found_[turn % found_.size()]);
    LowerBound bound;
    for (Scored& each : found_) {
      if (each.score.first <= bound.instructions) continue;
      bound.instructions = each.score.first;
      bound.witnesses = {std::move(each.witness)};
    }
    return bound;
  }

 private:
  // Instructions, then decisive bytes: more of these may make the next step possible.
  using Score = std::pair<std::size_t, std::size_t>;
  struct Scored {
    BoundWitness witness;
    Score score;
  };

  Score ScoreOf(const BoundWitness& witness) {
    const WitnessAnalysis analysis = Analyze(source_, witness);
    // About what that took: a run for each bit that was read, and a few more for the decisive ones.
    const std::size_t cost = 8 * analysis.enough_captured / 2 + 40;
    runs_left_ -= std::min(runs_left_, cost);
    return {InstructionsFor(source_, analysis), analysis.places.size()};
  }

  // A packet that is rejected leads to those next to it that are not.
  void Consider(BoundWitness witness) {
    if (runs_left_ == 0) return;
    --runs_left_;
    if (CompleteVerdict(source_, witness) != 0) return Add(std::move(witness));
    for (std::size_t at = 0; at < witness.bytes.size(); ++at) {
      for (unsigned bit = 0; bit < 8 && runs_left_ > 0; ++bit, --runs_left_) {
        BoundWitness flipped = witness;
        flipped.bytes[at] ^= static_cast<std::uint8_t>(1U << bit);
        if (CompleteVerdict(source_, flipped) != 0) Add(std::move(flipped));
      }
    }
  }

  void Add(BoundWitness witness) {
    if (runs_left_ == 0) return;
    const Score score = ScoreOf(witness);
    found_.push_back({std::move(witness), score});
  }

  void Change(Scored& scored) {
    BoundWitness changed = scored.witness;
    for (std::uint32_t changes = 1 + random_.Below(3); changes > 0; --changes) ChangeSomething(changed);
    --runs_left_;
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
  Sequence random_;
};

}  // namespace

LowerBound SearchLowerBound(const BoundedSource& source, const Program& hint, std::size_t runs) {
  return Search(source, hint, runs).Run();
}

}  // namespace bpfopt::verifier
