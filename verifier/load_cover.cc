// The lowest byte that is still open is read by some load; each is tried. Sets of open bytes come up again
// and again, so their counts are kept.
#include "verifier/load_cover.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace bpfopt::verifier {

LoadCover::LoadCover(Target target, std::vector<NeededByte> bytes)
    : target_(target), bytes_(std::move(bytes)) {
  std::sort(bytes_.begin(), bytes_.end());
  bytes_.erase(std::unique(bytes_.begin(), bytes_.end()), bytes_.end());
  if (bytes_.size() > kMostBytes) bytes_.resize(kMostBytes);
  all_ = (Set{1} << bytes_.size()) - 1;
  for (std::size_t i = 0; i < bytes_.size(); ++i) loads_.push_back(LoadsOf(i));
}

std::vector<LoadCover::Set> LoadCover::LoadsOf(std::size_t byte) const {
  std::vector<Set> loads;
  const auto add = [&](std::uint64_t begin, std::uint64_t end) {
    Set reads = 0;
    for (std::size_t i = 0; i < bytes_.size(); ++i) {
      const NeededByte& other = bytes_[i];
      if (other.address >= begin && other.address < end && end <= other.within) reads |= Set{1} << i;
    }
    if ((reads >> byte & 1) != 0) loads.push_back(reads);
  };
  const std::uint64_t address = bytes_[byte].address;
  if (bytes_[byte].address == kWireLengthPlace) {
    for (std::size_t i = byte; i < bytes_.size(); ++i) {
      if (loads.empty()) loads.push_back(0);
      loads[0] |= Set{1} << i;  // the bytes are in order, and this place is the last
    }
    return loads;
  }
  if (target_ == Target::kSeccomp) {
    add(address & ~std::uint64_t{3}, (address | 3) + 1);
    return loads;
  }
  for (const unsigned width : {1U, 2U, 4U}) {
    for (unsigned before = 0; before < width && before <= address; ++before) {
      add(address - before, address - before + width);
    }
  }
  // One that reads a part of what another reads is never needed.
  std::vector<Set> best;
  for (const Set load : loads) {
    const bool is_part = std::any_of(loads.begin(), loads.end(),
                                     [load](Set other) { return other != load && (load & ~other) == 0; });
    if (!is_part && std::find(best.begin(), best.end(), load) == best.end()) best.push_back(load);
  }
  return best;
}

bool LoadCover::FitsX(std::size_t byte) const {
  const NeededByte& needed = bytes_[byte];
  return needed.fits_x && (needed.address == kWireLengthPlace || needed.address < needed.within);
}

const LoadCover::Counts& LoadCover::Fewest(Set open) {
  if (const auto found = known_.find(open); found != known_.end()) return found->second;
  Counts counts(bytes_.size() + 1, kNone);
  if (open == 0) {
    counts[0] = 0;
  } else {
    const auto lowest = static_cast<std::size_t>(std::countr_zero(open));
    for (const Set load : loads_[lowest]) {
      const Counts& rest = Fewest(open & ~load);
      for (std::size_t x = 0; x < counts.size(); ++x) counts[x] = std::min(counts[x], rest[x] + 1);
    }
    if (FitsX(lowest)) {
      // It reads the same byte wherever that is needed.
      Set read = 0;
      for (std::size_t i = 0; i < bytes_.size(); ++i) {
        if (bytes_[i].address == bytes_[lowest].address && FitsX(i)) read |= Set{1} << i;
      }
      const Counts& rest = Fewest(open & ~read);
      for (std::size_t x = 1; x < counts.size(); ++x) counts[x] = std::min(counts[x], rest[x - 1]);
    }
  }
  return known_.emplace(open, std::move(counts)).first->second;
}

}  // namespace bpfopt::verifier
