#include "bpf/likelihood.h"

#include "bpf/opcode.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <span>
#include <vector>

namespace bpfopt::bpf {
namespace {

constexpr std::uint32_t Percent(std::uint32_t percent) { return kCertain * percent / 100; }

struct KnownWord {
  std::uint32_t word;
  std::uint32_t likelihood;
};
constexpr std::array kBytes = {KnownWord{6, Percent(60)}, KnownWord{17, Percent(20)},
                               KnownWord{0, Percent(3)}, KnownWord{1, Percent(3)}, KnownWord{58, Percent(3)}};
constexpr std::array kHalfwords = {KnownWord{0x800, Percent(55)}, KnownWord{0x86dd, Percent(15)},
                                   KnownWord{0x806, Percent(5)}, KnownWord{443, Percent(5)}};
constexpr std::uint32_t kRare = kCertain / 512;

std::span<const KnownWord> KnownWords(unsigned width) {
  if (width == 1) return kBytes;
  if (width == 2) return kHalfwords;
  return {};
}

// Of a value that may be any field, kept in a scratch word, say.
std::uint32_t LikelihoodOfAny(std::uint32_t word) {
  for (const std::span<const KnownWord> known : {KnownWords(1), KnownWords(2)}) {
    const auto found = std::ranges::find(known, word, &KnownWord::word);
    if (found != known.end()) return found->likelihood;
  }
  return kRare;
}

std::uint32_t LargestOf(unsigned width) { return width == 1 ? 0xff : width == 2 ? 0xffff : 0xffffffff; }

}  // namespace

std::uint32_t Likelihood(unsigned width, std::uint32_t first, std::uint32_t last, Traffic traffic) {
  const std::uint32_t largest = LargestOf(width);
  if (first > largest || first > last) return 0;
  last = std::min(last, largest);
  if (first == 0 && last == largest) return kCertain;
  const bool is_usual = traffic == Traffic::kUsual;
  if (width == 0 && first == last) return is_usual ? LikelihoodOfAny(first) : kRare;
  if (width != 1 && width != 2) return first == last ? kRare : kCertain / 2;
  std::uint32_t known = 0;
  std::uint32_t rest = kCertain;
  for (const KnownWord& each : is_usual ? KnownWords(width) : std::span<const KnownWord>()) {
    rest -= each.likelihood;
    if (first <= each.word && each.word <= last) known += each.likelihood;
  }
  const std::uint64_t count = std::uint64_t{last - first} + 1;
  const auto share = static_cast<std::uint32_t>(rest * count / (std::uint64_t{largest} + 1));
  return std::min(kCertain, std::max(known + share, kRare));
}

std::uint32_t MaskedLikelihood(unsigned width, std::uint32_t mask, std::uint32_t first, std::uint32_t last,
                               Traffic traffic) {
  if (first > last) return 0;
  mask &= LargestOf(width);
  if (mask == LargestOf(width)) return Likelihood(width, first, last, traffic);
  if (first == 0 && last >= mask) return kCertain;
  // A byte, with bits before it that are mostly 0.
  if ((mask & 0xffff) == 0xff && first <= 0xff) return Likelihood(1, first, std::min(last, 0xffU), traffic);
  if (width == 4 && mask >> 16 == 0xffff && first != last)
    return Likelihood(2, first >> 16, last >> 16, traffic);
  if (width == 2 && mask == 0x1fff) return first == 0 ? kCertain - kCertain / 64 : kCertain / 64;
  if (first != last) return kCertain / 2;
  return std::max(kRare, kCertain >> std::min(std::popcount(mask), 16));
}

void Accumulator::Load(unsigned width) {
  *this = Accumulator(traffic_);
  width_ = width;
  last_ = LargestOf(width);
}

void Accumulator::Step(std::uint16_t code, std::uint32_t k) {
  switch (Class(code)) {
    case kLd:
      if (Mode(code) == kAbs || Mode(code) == kInd) {
        Load(LoadWidth(code));
      } else {
        *this = Accumulator(traffic_);
      }
      break;
    case kAlu:
      if (Operation(code) == kAnd && !UsesX(code)) {
        const unsigned width = width_;
        const std::uint32_t mask = mask_ & k;
        const bool is_byte = (mask & 0xffff) == 0xff;  // as in MaskedLikelihood
        *this = Accumulator(traffic_);
        if (is_byte) {
          Load(1);
        } else {
          width_ = width;
          mask_ = mask;
          last_ = std::min(mask, LargestOf(width));
        }
      } else {
        *this = Accumulator(traffic_);
      }
      break;
    case kMisc:
      if ((code & 0xf8) == kTxa) *this = Accumulator(traffic_);
      break;
    default:
      break;
  }
}

std::uint32_t Accumulator::LikelihoodOf(std::uint32_t first, std::uint32_t last) const {
  return MaskedLikelihood(width_, mask_, first, last, traffic_);
}

std::uint32_t Accumulator::Taken(std::uint16_t code, std::uint32_t k) const {
  std::uint64_t taken = kCertain / 2;
  std::uint64_t possible = kCertain;
  if (UsesX(code)) {
    if (Operation(code) == kJeq) taken = kCertain / 16;
  } else if (Operation(code) == kJset) {
    const std::uint32_t bits = mask_ & k;
    if (std::has_single_bit(bits)) taken = kCertain / 4;
    if (width_ == 2 && (bits == 0x1fff || bits == 0x3fff)) taken = kCertain / 64;
  } else {
    possible = LikelihoodOf(first_, last_);
    possible -= std::min<std::uint64_t>(possible, excluded_);
    if (Operation(code) == kJeq) {
      taken = k < first_ || k > last_ ? 0 : LikelihoodOf(k, k);
    } else {
      const bool from_next = Operation(code) == kJgt;
      taken = from_next && k == ~0U ? 0 : LikelihoodOf(std::max(first_, from_next ? k + 1 : k), last_);
      if (first_ != 0 || last_ != std::min(mask_, LargestOf(width_))) taken = std::min(taken, possible / 2);
    }
  }
  taken = possible == 0 ? kCertain / 2 : taken * kCertain / std::max(possible, taken);
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(taken, 1, kCertain - 1));
}

void Accumulator::Follow(std::uint16_t code, std::uint32_t k, bool taken) {
  if (UsesX(code) || Operation(code) == kJset) return;
  if (Operation(code) == kJeq) {
    if (taken) {
      first_ = last_ = k;
      excluded_ = 0;
    } else if (first_ <= k && k <= last_) {
      excluded_ += LikelihoodOf(k, k);
    }
    return;
  }
  if (Operation(code) == kJgt && k == ~0U) return;
  const std::uint32_t bound = Operation(code) == kJgt ? k + 1 : k;
  if (taken) {
    first_ = std::max(first_, bound);
  } else if (bound > 0) {
    last_ = std::min(last_, bound - 1);
  }
  excluded_ = 0;
}

void Accumulator::Meet(const Accumulator& other) {
  if (width_ != other.width_ || mask_ != other.mask_) {
    *this = Accumulator(traffic_);
    return;
  }
  first_ = std::min(first_, other.first_);
  last_ = std::max(last_, other.last_);
  excluded_ = std::min(excluded_, other.excluded_);
}

double ExpectedPath(const Program& program, Traffic traffic) {
  struct Point {
    double reached = 0;
    Accumulator accumulator;
  };
  std::vector<Point> points(program.size() + 1, Point{0, Accumulator(traffic)});
  if (!program.empty()) points[0].reached = 1;
  const auto flow = [&](std::size_t target, double share, const Accumulator& accumulator) {
    if (target >= program.size()) return;
    Point& point = points[target];
    if (point.reached == 0) {
      point.accumulator = accumulator;
    } else {
      point.accumulator.Meet(accumulator);
    }
    point.reached += share;
  };
  double sum = 0;
  for (std::size_t i = 0; i < program.size(); ++i) {
    const Instruction& at = program[i];
    const double here = points[i].reached;
    Accumulator accumulator = points[i].accumulator;
    if (here == 0) continue;
    sum += here;
    if (IsConditionalJump(at.code)) {
      const double taken = static_cast<double>(accumulator.Taken(at.code, at.k)) / kCertain;
      for (const bool jumps : {true, false}) {
        Accumulator after = accumulator;
        after.Follow(at.code, at.k, jumps);
        flow(i + 1 + (jumps ? at.jt : at.jf), here * (jumps ? taken : 1 - taken), after);
      }
    } else if (Class(at.code) == kJmp) {
      flow(i + 1 + at.k, here, accumulator);
    } else if (Class(at.code) != kRet) {
      accumulator.Step(at.code, at.k);
      flow(i + 1, here, accumulator);
    }
  }
  return sum;
}

}  // namespace bpfopt::bpf
