// How many loads must a run execute to read what it cannot do without? A load reads 1, 2 or 4 neighbouring
// bytes into A, wherever it likes; `ldxb 4*([k]&0xf)` reads the lower half of one byte into X.
#ifndef BPFOPT_VERIFIER_LOAD_COVER_H
#define BPFOPT_VERIFIER_LOAD_COVER_H

#include "bpfopt/program.h"
#include "verifier/witness.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <unordered_map>
#include <vector>

namespace bpfopt::verifier {

struct NeededByte {
  std::uint32_t address = 0;  // or kWireLengthPlace, which a load of its own reads into A or X
  bool fits_x = false;        // the lower half is enough
  std::uint32_t within = 0;   // loads that read it end here at the latest

  friend auto operator<=>(const NeededByte&, const NeededByte&) = default;
};

class LoadCover {
 public:
  // By number of loads into X, the fewest loads into A that suffice with them.
  using Counts = std::vector<std::size_t>;
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max() / 4;
  static constexpr std::size_t kMostBytes = 40;

  // Of more than kMostBytes the first ones count, which needs no more loads.
  LoadCover(Target target, std::vector<NeededByte> bytes);

  const Counts& Fewest() { return Fewest(all_); }

 private:
  using Set = std::uint64_t;  // of bytes, by index

  bool FitsX(std::size_t byte) const;
  std::vector<Set> LoadsOf(std::size_t byte) const;
  const Counts& Fewest(Set open);

  Target target_;
  std::vector<NeededByte> bytes_;
  Set all_ = 0;
  std::vector<std::vector<Set>> loads_;  // by byte: what the loads into A that read it read
  std::unordered_map<Set, Counts> known_;
};

}  // namespace bpfopt::verifier

#endif  // BPFOPT_VERIFIER_LOAD_COVER_H
