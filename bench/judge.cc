// The child reports each stage that it has behind it, one letter a stage, and then its judgement as JSON:
// what is missing says where it died.
#include "bench/judge.h"

#include "bench/child.h"
#include "bpfopt/libpcap.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace bpfopt::bench {
namespace {

using Json = nlohmann::json;

// What the optimizer says instead of making a program.
constexpr std::string_view kRejectsAll = "expression rejects all packets";
constexpr Instruction kReject = {.code = 0x06, .k = 0};  // ret #0

constexpr std::size_t kAnySize = 1'000'000;  // how large a program may be is no question here

Json ToJson(const Counterexample& packet) {
  return {{"captured", packet.captured},
          {"wire_length", packet.wire_length},
          {"complete", packet.on_complete_packet},
          {"continuation", packet.continuation},
          {"kernel", packet.rules == Target::kLinux},
          {"source", packet.source_verdict},
          {"result", packet.result_verdict},
          {"faults", packet.result_faults}};
}

Counterexample CounterexampleFromJson(const Json& json) {
  Counterexample packet;
  json.at("captured").get_to(packet.captured);
  json.at("wire_length").get_to(packet.wire_length);
  json.at("complete").get_to(packet.on_complete_packet);
  json.at("continuation").get_to(packet.continuation);
  packet.rules = json.at("kernel").get<bool>() ? Target::kLinux : Target::kPcap;
  json.at("source").get_to(packet.source_verdict);
  json.at("result").get_to(packet.result_verdict);
  json.at("faults").get_to(packet.result_faults);
  return packet;
}

std::string ToText(const Judgement& judgement) {
  Json json = {{"outcome", static_cast<int>(judgement.outcome)},
               {"message", judgement.message},
               {"unoptimized", judgement.unoptimized},
               {"optimized", judgement.optimized},
               {"milliseconds", judgement.milliseconds}};
  if (judgement.packet) json["packet"] = ToJson(*judgement.packet);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Judgement JudgementFromText(std::string_view text) {
  const Json json = Json::parse(text);
  Judgement judgement;
  judgement.outcome = static_cast<Outcome>(json.at("outcome").get<int>());
  json.at("message").get_to(judgement.message);
  json.at("unoptimized").get_to(judgement.unoptimized);
  json.at("optimized").get_to(judgement.optimized);
  json.at("milliseconds").get_to(judgement.milliseconds);
  if (json.contains("packet")) judgement.packet = CounterexampleFromJson(json.at("packet"));
  return judgement;
}

// The stages, each reported when it is over.
enum Stage : std::size_t { kUnoptimized, kOptimized, kFaithful, kStages };

Verdict Prove(const Program& source, const Program& result, Relation relation, const JudgeOptions& options,
              Judgement& judgement) {
  const auto begin = std::chrono::steady_clock::now();
  auto verdict = Verify(source, result, {.relation = relation, .steps = options.steps});
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - begin;
  judgement.milliseconds.push_back(time.count());
  if (verdict) return std::move(*verdict);
  Verdict none;
  none.reason = verdict.error().message;
  return none;
}

// A difference that shows on a longer packet, shown on the shortest packet that both programs find long
// enough. It stays as it is when that is longer than packets are.
class CompletePacket {
 public:
  CompletePacket(const Program& source, const Program& result, Counterexample& example)
      : source_(source), result_(result), example_(example), bytes_(example.captured) {
    bytes_.resize(kLongest);
    for (const auto& [address, byte] : example.continuation) {
      if (address < kLongest) bytes_[address] = byte;
    }
  }

  void Capture() {
    std::uint32_t wire_length = example_.wire_length;
    if (!Shows(kLongest, wire_length)) return;
    std::size_t size = EnoughBytes(wire_length);
    // A packet without a cut is plainer, if it will do.
    if (const auto whole = static_cast<std::uint32_t>(size); wire_length != whole && Shows(size, whole)) {
      wire_length = whole;
    }
    bytes_.resize(size);
    example_.captured = std::move(bytes_);
    example_.wire_length = wire_length;
    example_.continuation.clear();
    example_.on_complete_packet = false;
  }

 private:
  static constexpr std::size_t kLongest = std::size_t{1} << 17;

  RunOutcome Run(const Program& program, std::size_t size, std::uint32_t wire_length) const {
    return RunOnPacket(program, std::span(bytes_).first(size), wire_length, example_.rules);
  }

  bool Shows(std::size_t size, std::uint32_t wire_length) const {
    return Run(source_, size, wire_length).verdict == example_.source_verdict &&
           Run(result_, size, wire_length).verdict == example_.result_verdict;
  }

  // More bytes than these change nothing: each program goes as far as on the longest packet. A byte more
  // never makes it go less far.
  std::size_t EnoughBytes(std::uint32_t wire_length) const {
    const auto goes_as_far = [&](const Program& program, std::size_t size) {
      return Run(program, size, wire_length).executed == Run(program, kLongest, wire_length).executed;
    };
    std::size_t low = example_.captured.size();
    std::size_t high = kLongest;
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      const bool enough =
          goes_as_far(source_, middle) && goes_as_far(result_, middle) && Shows(middle, wire_length);
      (enough ? high : low) = enough ? middle : middle + 1;
    }
    return low;
  }

  const Program& source_;
  const Program& result_;
  Counterexample& example_;
  std::vector<std::uint8_t> bytes_;
};

void Compare(const Program& source, const Program& result, const JudgeOptions& options,
             const ChildOutput& output, Judgement& judgement) {
  Verdict faithful = Prove(source, result, Relation::kFaithful, options, judgement);
  if (faithful.answer == Answer::kDifferent) {
    judgement.outcome = Outcome::kBreaksFaithful;
    judgement.packet = std::move(faithful.counterexample);
    if (judgement.packet->on_complete_packet) CompletePacket(source, result, *judgement.packet).Capture();
    return;
  }
  output("f");
  Verdict strict = Prove(source, result, Relation::kStrict, options, judgement);
  if (faithful.answer == Answer::kUndecided) {
    judgement.outcome = Outcome::kUndecided;
    judgement.message = "faithful: " + faithful.reason;
  } else if (strict.answer == Answer::kUndecided) {
    judgement.outcome = Outcome::kUndecided;
    judgement.message = "strict: " + strict.reason;
  } else if (strict.answer == Answer::kDifferent) {
    judgement.outcome = Outcome::kBreaksStrict;
    judgement.packet = std::move(strict.counterexample);
  } else {
    judgement.outcome = Outcome::kEqual;
  }
}

std::string FirstViolation(const Program& program) {
  const auto violations = Check(program, {.limit = kAnySize});
  if (violations.empty()) return {};
  return fmt::format("instruction {}: {}", violations[0].instruction, violations[0].reason);
}

Judgement JudgeHere(const std::string& filter, const std::string& link_type, const JudgeOptions& options,
                    const ChildOutput& output) {
  Judgement judgement;
  LibpcapOptions libpcap = {.link_type = link_type, .netmask = options.netmask, .optimize = false};
  const auto source = CompileWithLibpcap(filter, libpcap);
  output("u");
  if (!source) {
    judgement.outcome = Outcome::kRefused;
    judgement.message = source.error().message;
    return judgement;
  }
  judgement.unoptimized = source->size();
  libpcap.optimize = true;
  auto result = CompileWithLibpcap(filter, libpcap);
  output("o");
  if (!result) {
    judgement.message = result.error().message;
    if (judgement.message != kRejectsAll) {
      judgement.outcome = Outcome::kRefusedOptimized;
      return judgement;
    }
    // It says that this is its program.
    result = Program{kReject};
  } else {
    judgement.optimized = result->size();
  }
  if (const std::string violation = FirstViolation(*source); !violation.empty()) {
    judgement.outcome = Outcome::kNotJudged;
    judgement.message = violation;
  } else if (const std::string wrong = FirstViolation(*result); !wrong.empty()) {
    judgement.outcome = Outcome::kInvalid;
    judgement.message = wrong;
  } else {
    Compare(*source, *result, options, output, judgement);
    const bool is_refusal = judgement.optimized == 0;
    if (is_refusal && judgement.outcome == Outcome::kEqual) judgement.outcome = Outcome::kRefusedOptimized;
  }
  return judgement;
}

// Of a child that did not finish.
Judgement Dead(const ChildResult& child, const JudgeOptions& options) {
  constexpr std::array<std::string_view, kStages + 1> kDoing = {"compiling without optimizing", "optimizing",
                                                                "verifying faithful", "verifying strict"};
  const std::size_t stage = std::min<std::size_t>(child.output.size(), kStages);
  Judgement judgement;
  const std::string how =
      child.over_time ? fmt::format("over {} s", options.time_limit.count()) : child.death;
  judgement.message = fmt::format("{}: {}", kDoing.at(stage), how);
  if (stage > kOptimized) {
    judgement.outcome = Outcome::kUndecided;
  } else {
    judgement.outcome = child.over_time ? Outcome::kEndless : Outcome::kCrashed;
  }
  return judgement;
}

}  // namespace

Expected<Judgement> JudgeLibpcap(const std::string& filter, const std::string& link_type,
                                 const JudgeOptions& options) {
  const auto child = RunInChild(
      [&](const ChildOutput& output) {
        const Judgement judgement = JudgeHere(filter, link_type, options, output);
        output(ToText(judgement));
      },
      options.time_limit);
  if (!child) return tl::unexpected(child.error());
  if (!child->finished) return Dead(*child, options);
  return JudgementFromText(std::string_view(child->output).substr(child->output.find('{')));
}

bool IsFinding(Outcome outcome) {
  switch (outcome) {
    case Outcome::kBreaksFaithful:
    case Outcome::kBreaksStrict:
    case Outcome::kRefusedOptimized:
    case Outcome::kInvalid:
    case Outcome::kCrashed:
    case Outcome::kEndless:
      return true;
    case Outcome::kEqual:
    case Outcome::kUndecided:
    case Outcome::kRefused:
    case Outcome::kNotJudged:
      break;
  }
  return false;
}

std::string Symptom(const Judgement& judgement) {
  const std::string& message = judgement.message;
  switch (judgement.outcome) {
    case Outcome::kInvalid:
    case Outcome::kNotJudged: {
      // Neither where in the program nor which of its words.
      std::string text;
      for (const char c : message.substr(std::min(message.find(": ") + 2, message.size()))) {
        if (std::isdigit(static_cast<unsigned char>(c)) == 0) text += c;
      }
      return text;
    }
    case Outcome::kCrashed:
    case Outcome::kEndless:
    case Outcome::kRefusedOptimized:
      return message;
    case Outcome::kBreaksFaithful:
    case Outcome::kBreaksStrict:
      break;
    default:
      return {};
  }
  if (judgement.optimized == 0) return "is refused: " + message;
  const Counterexample& packet = *judgement.packet;
  const std::string rules = packet.rules == Target::kLinux ? " under the kernel's rules" : "";
  if (packet.source_verdict == 0) return "accepts what it should reject" + rules;
  if (packet.result_faults) return "ends early on what it should accept" + rules;
  if (packet.result_verdict == 0) return "rejects what it should accept" + rules;
  return "keeps another number of bytes" + rules;
}

}  // namespace bpfopt::bench
