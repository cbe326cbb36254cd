#include "verifier/counterexample.h"

#include "bpf/interpreter.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::verifier {
namespace {

// Every length up to this one is tried when a packet is shortened.
constexpr std::size_t kShortLengths = 512;
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
  return source.verdict != result.verdict;
}

class Minimizer {
 public:
  Minimizer(const Pair& pair, Difference difference, Counterexample& example)
      : pair_(pair), difference_(difference), example_(example) {}

  void Run() {
    Shorten();
    for (std::uint8_t& byte : example_.captured) {
      if (byte != 0) Try(byte, std::uint8_t{0});
    }
    DropZeros(example_.continuation);
    for (auto* map : {&example_.random, &example_.result_random}) DropZeros(*map);
    DropZeros(example_.ancillary);
    DropZeros(example_.attributes);
    if (!Try(example_.wire_length, static_cast<std::uint32_t>(example_.captured.size()))) {
      Try(example_.wire_length, 0U);
    }
    if (!example_.has_device) Try(example_.has_device, true);
    RunBoth(pair_, difference_, example_);
  }

 private:
  // Keeps `value` if the programs still differ.
  template <typename T>
  bool Try(T& place, T value) {
    const T before = std::exchange(place, std::move(value));
    if (RunBoth(pair_, difference_, example_)) return true;
    place = before;
    return false;
  }

  template <typename Map>
  void DropZeros(Map& map) {
    for (auto entry = map.begin(); entry != map.end();) {
      Try(entry->second, typename Map::mapped_type{0});
      entry = entry->second == 0 ? map.erase(entry) : std::next(entry);
    }
  }

  void Shorten() {
    if (pair_.rules == Target::kSeccomp) return;
    std::vector<std::uint8_t>& captured = example_.captured;
    const std::size_t limit = std::min(captured.size(), kShortLengths);
    for (std::size_t length = 0; length < limit; ++length) {
      // A shorter complete packet has zeros instead of bytes; all of its faults are of no interest.
      if (Try(captured,
              std::vector(captured.begin(), captured.begin() + static_cast<std::ptrdiff_t>(length))))
        return;
    }
  }

  const Pair& pair_;
  const Difference difference_;
  Counterexample& example_;
};

void ReadPacket(const Pair& pair, Difference difference, const Unknowns& unknowns, const Valuation& valuation,
                Counterexample& example) {
  std::map<std::uint64_t, std::uint8_t> bytes;
  std::uint64_t end = 0;
  const bool complete = difference == Difference::kCompleteVerdict;
  for (const Unknowns::PacketByte& byte : unknowns.packet_bytes()) {
    const std::uint64_t address = valuation(byte.address);
    const auto value = static_cast<std::uint8_t>(valuation(byte.value));
    bytes.emplace(address, value);
    if (address < kCompleteCapture) end = std::max(end, address + 1);
  }
  std::uint64_t length = complete ? end : valuation(unknowns.captured_length());
  if (pair.rules == Target::kSeccomp) length = kSeccompBytes;
  example.captured.resize(static_cast<std::size_t>(std::min<std::uint64_t>(length, kLongestCapture)));
  for (const auto& [address, value] : bytes) {
    if (address < example.captured.size()) {
      example.captured[static_cast<std::size_t>(address)] = value;
    } else if (complete && value != 0) {
      example.continuation.emplace(address, value);
    }
  }
}

void ReadAncillary(const Pair& pair, const Unknowns& unknowns, const Valuation& valuation,
                   Counterexample& example) {
  const auto word = [&](smt::Term term) { return static_cast<std::uint32_t>(valuation(term)); };
  example.wire_length = word(unknowns.wire_length());
  for (const auto& [offset, value] : unknowns.ancillary_words()) example.ancillary[offset] = word(value);
  for (const Unknowns::NegativeLoad& load : unknowns.negative_loads()) {
    std::optional<std::uint32_t> value;
    if (valuation(load.present) != 0) value = word(load.value);
    example.negative.emplace(std::pair(word(load.offset), load.width), value);
  }
  for (const Unknowns::AttributeLoad& load : unknowns.attribute_loads()) {
    example.attributes.emplace(std::tuple(load.kind, word(load.a), word(load.x)), word(load.value));
  }
  if (unknowns.device().valid()) example.has_device = valuation(unknowns.device()) != 0;

  const auto draw = [&](const std::string& name, std::size_t instruction,
                        std::map<std::size_t, std::uint32_t>& draws) {
    const auto found = unknowns.draws().find(name);
    if (found != unknowns.draws().end()) draws[instruction] = word(found->second);
  };
  for (std::size_t i = 0; i < pair.source.size(); ++i) draw(SourceDrawName(i), i, example.random);
  for (std::size_t i = 0; i < pair.result.size(); ++i) {
    if (pair.options.draws.count(i) == 0) draw(ResultDrawName(i, pair.options), i, example.result_random);
  }
}

}  // namespace

std::string SourceDrawName(std::size_t instruction) { return fmt::format("source{}", instruction); }

std::string ResultDrawName(std::size_t instruction, const Options& options) {
  const auto found = options.draws.find(instruction);
  return found == options.draws.end() ? fmt::format("result{}", instruction) : SourceDrawName(found->second);
}

std::optional<Counterexample> ConfirmedCounterexample(const Pair& pair, Difference difference,
                                                      const Unknowns& unknowns, const Valuation& valuation) {
  Counterexample example;
  example.rules = pair.rules;
  example.on_complete_packet = difference == Difference::kCompleteVerdict;
  ReadPacket(pair, difference, unknowns, valuation, example);
  ReadAncillary(pair, unknowns, valuation, example);
  if (!RunBoth(pair, difference, example)) return std::nullopt;
  Minimizer(pair, difference, example).Run();
  return example;
}

}  // namespace bpfopt::verifier
