// A search by turned tests, the fewest first. A packet's successors turn one test of its run, at or after the
// last one that was turned for it, and never write a bit that was written for an earlier one: so every choice
// of tests is met once.
#include "cli/example_packets.h"

#include "bpfopt/verify.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <utility>

namespace bpfopt::cli {
namespace {

constexpr std::size_t kSteps = 3'000'000;  // executed instructions, in all
constexpr std::size_t kMostTurned = 10;
constexpr std::size_t kMostPackets = 60'000;
constexpr std::size_t kLongest = 2048;

struct Candidate {
  ExamplePacket packet;
  std::vector<PacketEdit> written = {};
  std::size_t first_turn = 0;  // of its run, that may be turned
  std::optional<ExamplePacket> parent = {};
};

bool IsApart(const PacketEdit& a, const PacketEdit& b) {
  if (a.width == 0 || b.width == 0) return a.width != b.width;
  for (unsigned i = 0; i < a.width; ++i) {
    const std::size_t address = a.address + i;
    if (address < b.address || address >= b.address + b.width) continue;
    const auto bits = [address](const PacketEdit& edit) {
      return edit.mask >> (8 * (edit.width - 1 - (address - edit.address))) & 0xff;
    };
    if ((bits(a) & bits(b)) != 0) return false;
  }
  return true;
}

std::optional<ExamplePacket> Edited(const ExamplePacket& packet, const PacketEdit& edit) {
  ExamplePacket edited = packet;
  if (edit.width == 0) {
    if (edit.value > kLongest) return std::nullopt;
    edited.bytes.resize(edit.value);
    return edited;
  }
  for (unsigned i = 0; i < edit.width; ++i) {
    const unsigned shift = 8 * (edit.width - 1 - i);
    std::uint8_t& byte = edited.bytes[edit.address + i];
    byte = static_cast<std::uint8_t>((byte & ~(edit.mask >> shift)) | (edit.value >> shift));
  }
  return edited;
}

class Search {
 public:
  Search(const Program& source, const Program& program, Target target)
      : source_(source), program_(program), target_(target) {}

  Examples Run(const std::vector<ExamplePacket>& begin) {
    for (const ExamplePacket& packet : begin) Add({.packet = packet});
    Examples found;
    std::size_t steps = 0;
    while (!queue_.empty() && steps < kSteps) {
      const Candidate candidate = std::move(queue_.front());
      queue_.pop_front();
      const TracedRun run = TraceRun(source_, candidate.packet, target_);
      steps += run.executed;
      if (run.accepts && Accepts(candidate.packet)) {
        found.accepted = candidate.packet;
        found.rejected = candidate.parent ? candidate.parent : RejectedNear(candidate, run);
        break;
      }
      AddTurned(candidate, run);
    }
    if (!found.rejected) found.rejected = FirstRejected(begin);
    return found;
  }

 private:
  bool Accepts(const ExamplePacket& packet) const {
    const auto length = static_cast<std::uint32_t>(packet.bytes.size());
    return RunOnPacket(program_, packet.bytes, length, target_).verdict != 0;
  }

  std::optional<ExamplePacket> FirstRejected(const std::vector<ExamplePacket>& packets) const {
    const auto found =
        std::ranges::find_if(packets, [&](const ExamplePacket& each) { return !Accepts(each); });
    return found == packets.end() ? std::nullopt : std::optional(*found);
  }

  // With the last test turned that does it.
  std::optional<ExamplePacket> RejectedNear(const Candidate& candidate, const TracedRun& run) const {
    for (auto turn = run.turns.rbegin(); turn != run.turns.rend(); ++turn) {
      auto edited = Edited(candidate.packet, *turn);
      if (edited && !Accepts(*edited)) return edited;
    }
    return std::nullopt;
  }

  void Add(Candidate candidate) {
    if (seen_.size() >= kMostPackets || !seen_.insert(candidate.packet).second) return;
    queue_.push_back(std::move(candidate));
  }

  void AddTurned(const Candidate& candidate, const TracedRun& run) {
    if (candidate.written.size() >= kMostTurned) return;
    for (std::size_t i = candidate.first_turn; i < run.turns.size(); ++i) {
      const PacketEdit& edit = run.turns[i];
      const auto is_apart = [&](const PacketEdit& other) { return IsApart(edit, other); };
      if (!std::ranges::all_of(candidate.written, is_apart)) continue;
      auto edited = Edited(candidate.packet, edit);
      if (!edited) continue;
      Candidate next = {std::move(*edited), candidate.written, i + 1, candidate.packet};
      next.written.push_back(edit);
      Add(std::move(next));
    }
  }

  const Program& source_;
  const Program& program_;
  Target target_;
  std::deque<Candidate> queue_;
  std::set<ExamplePacket> seen_;
};

}  // namespace

Examples FindExamples(const Program& source, const Program& program, Target target,
                      const std::string& link_type) {
  const std::vector<ExamplePacket> begin = EverydayPackets(link_type);
  Examples found = Search(source, program, target).Run(begin);
  if (!found.accepted) {
    Examples shorter = Search(program, program, target).Run(begin);
    if (shorter.accepted) return shorter;
  }
  return found;
}

}  // namespace bpfopt::cli
