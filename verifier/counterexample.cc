#include "verifier/counterexample.h"

#include "bpf/interpreter.h"
#include "verifier/permission.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::verifier {
namespace {

// Every length up to this one is tried when a packet is shortened.
constexpr std::size_t kShortLengths = 512;
// How often the programs are run to make a packet small.
constexpr std::size_t kMostRuns = 5'000;
constexpr std::size_t kSeccompBytes = 64;  // sizeof(struct seccomp_data)
// Bytes of a complete packet beyond this one are listed as its continuation.
constexpr std::uint64_t kCompleteCapture = 1 << 16;

bpf::Ancillary AncillaryOf(const Counterexample& example, const std::map<std::size_t, std::uint32_t>& draws) {
  bpf::Ancillary ancillary;
  const auto find = [](const auto& map, const auto& key) {
    const auto found = map.find(key);
    return found == map.end() ? 0 : found->second;
  };
  ancillary.word = [&example, find](std::uint32_t offset) { return find(example.ancillary, offset); };
  ancillary.random = [&draws, find](std::size_t instruction) { return find(draws, instruction); };
  ancillary.nlattr = [&example, find](std::uint32_t kind, std::uint32_t a, std::uint32_t x) {
    return find(example.attributes, std::tuple(kind, a, x));
  };
  ancillary.negative = [&example](std::uint32_t k, unsigned width) -> std::optional<std::uint32_t> {
    const auto found = example.negative.find({k, width});
    return found == example.negative.end() ? 0 : found->second;
  };
  ancillary.has_device = example.has_device;
  return ancillary;
}

// The draws of the result, by its own instructions.
std::map<std::size_t, std::uint32_t> ResultDraws(const Pair& pair, const Counterexample& example) {
  std::map<std::size_t, std::uint32_t> draws = example.result_random;
  for (const auto& [result, source] : pair.options.draws) {
    const auto found = example.random.find(source);
    if (found != example.random.end()) draws[result] = found->second;
  }
  return draws;
}

// Runs both programs, notes their verdicts in `example`, and says whether they differ.
bool RunBoth(const Pair& pair, Difference difference, Counterexample& example) {
  bpf::Packet packet;
  packet.captured = example.captured;
  packet.wire_length = example.wire_length;
  packet.more_captured = example.more_captured;
  packet.more = [&example](std::uint64_t address) -> std::uint8_t {
    const auto found = example.more.find(address);
    return found == example.more.end() ? 0 : found->second;
  };
  if (difference == Difference::kCompleteVerdict) {
    packet.continuation = [&example](std::uint64_t address) -> std::uint8_t {
      const auto found = example.continuation.find(address);
      return found == example.continuation.end() ? 0 : found->second;
    };
  }
  const std::map<std::size_t, std::uint32_t> result_draws = ResultDraws(pair, example);
  const bpf::Outcome source = bpf::Run(pair.source, pair.rules, packet, AncillaryOf(example, example.random));
  const bpf::Outcome result = bpf::Run(pair.result, pair.rules, packet, AncillaryOf(example, result_draws));
  example.source_verdict = source.verdict;
  example.result_verdict = result.verdict;
  example.result_faults = result.end == bpf::End::kFault;
  if (difference == Difference::kNewFault) return source.verdict != 0 && example.result_faults;
  if (difference == Difference::kPermission) {
    return PermissionOf(source.verdict, pair.rules) > PermissionOf(result.verdict, pair.rules);
  }
  return source.verdict != result.verdict;
}

// Makes the packet short, and zeros of all that does not matter, one change at a time as long as the programs
// still differ.
class Minimizer {
 public:
  Minimizer(const Pair& pair, Difference difference, Counterexample& example)
      : pair_(pair), difference_(difference), example_(example) {}

  void Run() {
    if (!example_.has_device) Try(example_.has_device, true);
    // What one change uncovers, the next round takes.
    for (bool again = true; again && runs_ < kMostRuns;) {
      changed_ = false;
      Shorten();
      ClearBytes();
      ShortenMore();
      ClearValues(example_.more);
      for (auto* map : {&example_.random, &example_.result_random}) ClearValues(*map);
      ClearValues(example_.continuation);
      ClearValues(example_.ancillary);
      ClearValues(example_.attributes);
      ClearNegative();
      ShortenWire();
      again = changed_;
    }
    RunBoth(pair_, difference_, example_);
  }

 private:
  // Keeps `value` if the programs still differ.
  template <typename T>
  bool Try(T& place, T value) {
    if (place == value) return true;
    if (runs_ >= kMostRuns) return false;
    ++runs_;
    T before = std::exchange(place, std::move(value));
    if (RunBoth(pair_, difference_, example_)) {
      changed_ = true;
      return true;
    }
    place = std::move(before);
    return false;
  }

  // 0 if that will do, else with as few bits as will do.
  template <typename T>
  void Clear(T& value) {
    if (value == 0 || Try(value, T{0})) return;
    for (unsigned bit = 8 * sizeof(T); bit-- > 0;) {
      if (((value >> bit) & 1) != 0) Try(value, static_cast<T>(value & ~(T{1} << bit)));
    }
  }

  template <typename Map>
  void ClearValues(Map& map) {
    for (auto entry = map.begin(); entry != map.end();) {
      Clear(entry->second);
      entry = entry->second == 0 ? map.erase(entry) : std::next(entry);
    }
  }

  // A load at a negative offset that is not listed gives 0.
  void ClearNegative() {
    auto& negative = example_.negative;
    for (auto entry = negative.begin(); entry != negative.end();) {
      std::optional<std::uint32_t>& value = entry->second;
      Try(value, std::optional(0U));
      for (unsigned bit = 32; value && bit-- > 0;) {
        if (((*value >> bit) & 1) != 0) Try(value, std::optional(*value & ~(1U << bit)));
      }
      entry = value == 0U ? negative.erase(entry) : std::next(entry);
    }
  }

  // Whole stretches first: most bytes of a packet do not matter.
  void ClearBytes() {
    std::vector<std::uint8_t>& captured = example_.captured;
    for (std::size_t count = captured.size();; count = (count + 1) / 2) {
      std::vector<std::size_t> set;
      for (std::size_t i = 0; i < captured.size(); ++i) {
        if (captured[i] != 0) set.push_back(i);
      }
      count = std::min(count, set.size());
      if (count <= 1) break;
      for (std::size_t start = 0; start < set.size(); start += count) {
        std::vector<std::uint8_t> cleared = captured;
        for (std::size_t i = start; i < std::min(start + count, set.size()); ++i) cleared[set[i]] = 0;
        Try(captured, std::move(cleared));
      }
    }
    for (std::uint8_t& byte : captured) Clear(byte);
  }

  void Shorten() {
    if (pair_.rules == Target::kSeccomp) return;
    std::vector<std::uint8_t>& captured = example_.captured;
    const auto cut = [&](std::size_t length) {
      return Try(captured,
                 std::vector(captured.begin(), captured.begin() + static_cast<std::ptrdiff_t>(length)));
    };
    const std::size_t limit = std::min(captured.size(), kShortLengths);
    for (std::size_t length = 0; length < limit; ++length) {
      if (cut(length)) return;
    }
    for (std::size_t step = captured.size() / 2; step > 0; step /= 2) {
      if (captured.size() > kShortLengths + step) cut(captured.size() - step);
    }
  }

  void ShortenMore() {
    std::uint64_t& more = example_.more_captured;
    for (std::uint64_t step = more / 2; step > 0; step /= 2) {
      if (more > step) Try(more, more - step);
    }
  }

  // A packet that was captured whole is the plainest; else as little longer as will do, or shorter.
  void ShortenWire() {
    std::uint32_t& wire = example_.wire_length;
    auto short_of = static_cast<std::uint32_t>(example_.captured.size() + example_.more_captured);
    if (Try(wire, short_of)) return;
    if (wire < short_of) return Clear(wire);
    while (wire - short_of > 1) {
      const std::uint32_t middle = short_of + (wire - short_of) / 2;
      if (!Try(wire, middle)) short_of = middle;
    }
  }

  const Pair& pair_;
  const Difference difference_;
  Counterexample& example_;
  bool changed_ = false;
  std::size_t runs_ = 0;  // of both programs
};

// Reads a packet and the kernel's answers off a model.
class ModelReader {
 public:
  ModelReader(const Pair& pair, const smt::Context& terms, const Unknowns& unknowns,
              const Valuation& valuation)
      : pair_(pair), terms_(terms), unknowns_(unknowns), valuation_(valuation) {
    assignment_.variable = valuation;
    assignment_.byte = [this](smt::Term array, std::uint64_t address) -> std::uint8_t {
      const auto found = bytes_.find({array.id(), address});
      return found == bytes_.end() ? 0 : found->second;
    };
    // Where a model has two values for one byte, 0 is likely to be the one that nothing depends on.
    for (const Unknowns::Selected& selected : unknowns.selected()) {
      const std::uint64_t address = terms.Evaluate(selected.address, assignment_);
      std::uint8_t& byte = bytes_[{selected.array.id(), address}];
      if (byte == 0) byte = static_cast<std::uint8_t>(valuation(selected.value));
    }
  }
  ModelReader(const ModelReader&) = delete;
  ModelReader& operator=(const ModelReader&) = delete;

  Counterexample Read(Difference difference) {
    Counterexample example;
    example.rules = pair_.rules;
    example.on_complete_packet = difference == Difference::kCompleteVerdict;
    ReadPacket(example);
    ReadAncillary(example);
    ReadDraws(example);
    return example;
  }

 private:
  std::uint32_t Word(smt::Term term) const {
    return static_cast<std::uint32_t>(terms_.Evaluate(term, assignment_));
  }

  void ReadPacket(Counterexample& example) const {
    const bool complete = example.on_complete_packet;
    const std::pair first(unknowns_.packet().id(), std::uint64_t{0});
    std::uint64_t length = Word(unknowns_.captured_length());
    if (pair_.rules == Target::kSeccomp) length = kSeccompBytes;
    if (complete && pair_.rules != Target::kSeccomp) {
      length = 0;
      for (auto byte = bytes_.lower_bound(first); byte != bytes_.end() && byte->first.first == first.first;
           ++byte) {
        if (byte->first.second < kCompleteCapture) length = byte->first.second + 1;
      }
    }
    const bool is_held = length <= kLongestCapture;
    example.captured.resize(is_held ? static_cast<std::size_t>(length) : 0);
    if (!is_held) example.more_captured = length;
    for (auto byte = bytes_.lower_bound(first); byte != bytes_.end() && byte->first.first == first.first;
         ++byte) {
      const std::uint64_t address = byte->first.second;
      if (address < example.captured.size()) {
        example.captured[static_cast<std::size_t>(address)] = byte->second;
      } else if (address < example.more_captured) {
        if (byte->second != 0) example.more.emplace(address, byte->second);
      } else if (complete && byte->second != 0) {
        example.continuation.emplace(address, byte->second);
      }
    }
  }

  void ReadAncillary(Counterexample& example) const {
    example.wire_length = Word(unknowns_.wire_length());
    for (const auto& [offset, value] : unknowns_.ancillary_words()) example.ancillary[offset] = Word(value);
    for (const Unknowns::NegativeLoad& load : unknowns_.negative_loads()) {
      std::optional<std::uint32_t> value;
      if (terms_.Evaluate(load.present, assignment_) != 0) value = Word(load.value);
      example.negative.emplace(std::pair(Word(load.offset), load.width), value);
    }
    for (const Unknowns::AttributeLoad& load : unknowns_.attribute_loads()) {
      example.attributes.emplace(std::tuple(load.kind, Word(load.a), Word(load.x)), Word(load.value));
    }
    if (unknowns_.device().valid()) example.has_device = valuation_(unknowns_.device()) != 0;
  }

  void ReadDraws(Counterexample& example) const {
    const auto read = [&](const std::string& name, std::size_t instruction,
                          std::map<std::size_t, std::uint32_t>& draws) {
      const auto found = unknowns_.draws().find(name);
      if (found != unknowns_.draws().end()) draws[instruction] = Word(found->second);
    };
    for (std::size_t i = 0; i < pair_.source.size(); ++i) read(SourceDrawName(i), i, example.random);
    for (std::size_t i = 0; i < pair_.result.size(); ++i) {
      if (pair_.options.draws.count(i) == 0) read(ResultDrawName(i, pair_.options), i, example.result_random);
    }
  }

  const Pair& pair_;
  const smt::Context& terms_;
  const Unknowns& unknowns_;
  const Valuation& valuation_;
  smt::Assignment assignment_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint8_t> bytes_;  // by array and address
};

}  // namespace

std::string SourceDrawName(std::size_t instruction) { return fmt::format("source{}", instruction); }

std::string ResultDrawName(std::size_t instruction, const Options& options) {
  const auto found = options.draws.find(instruction);
  return found == options.draws.end() ? fmt::format("result{}", instruction) : SourceDrawName(found->second);
}

std::optional<Counterexample> ConfirmedCounterexample(const Pair& pair, Difference difference,
                                                      const smt::Context& terms, const Unknowns& unknowns,
                                                      const Valuation& valuation) {
  Counterexample example = ModelReader(pair, terms, unknowns, valuation).Read(difference);
  if (!RunBoth(pair, difference, example)) return std::nullopt;
  Minimizer(pair, difference, example).Run();
  return example;
}

}  // namespace bpfopt::verifier
