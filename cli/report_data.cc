// Collects the steps of one compile, asks the rest of the library about its result, and writes JSON.
#include "cli/report_data.h"

#include "bpfopt/explain.h"
#include "bpfopt/format.h"
#include "bpfopt/libpcap.h"
#include "bpfopt/lower_bound.h"
#include "bpfopt/verify.h"
#include "cli/arguments.h"
#include "cli/example_packets.h"
#include "cli/in_time.h"
#include "cli/lines.h"
#include "cli/statistics.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace bpfopt::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchema = 1;
// libpcap's program is judged for information: this is enough for almost all filters.
constexpr std::uint64_t kJudgeSteps = 10'000'000;
// libpcap's optimizer takes minutes on a filter of a thousand hosts, and the page does not wait for it.
constexpr std::size_t kLargeSource = 3000;  // instructions, from which on it can take a second
constexpr std::chrono::seconds kLibpcapLimit{10};
// Of an example; a packet that must be longer to be accepted is no example.
constexpr std::size_t kLongestExample = 2048;

const char* TargetName(Target target) {
  switch (target) {
    case Target::kPcap:
      return "pcap";
    case Target::kLinux:
      return "linux";
    case Target::kSeccomp:
      break;
  }
  return "seccomp";
}

const char* RelationName(Relation relation) { return relation == Relation::kStrict ? "strict" : "faithful"; }

const char* SourceKindName(SourceKind kind) {
  switch (kind) {
    case SourceKind::kLibpcap:
      return "libpcap";
    case SourceKind::kLowering:
      return "lowering";
    case SourceKind::kProgram:
      break;
  }
  return "program";
}

const char* AnswerName(Answer answer) {
  switch (answer) {
    case Answer::kEqual:
      return "equal";
    case Answer::kDifferent:
      return "different";
    case Answer::kUndecided:
      break;
  }
  return "undecided";
}

double Milliseconds(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) / 1e6; }

Json GraphData(const Graph& graph) {
  Json blocks = Json::array();
  for (const GraphBlock& block : graph.blocks) {
    Json edges = Json::array();
    for (const GraphEdge& edge : block.edges) edges.push_back({{"to", edge.target}, {"label", edge.label}});
    blocks.push_back({{"lines", block.lines}, {"edges", std::move(edges)}});
  }
  return blocks;
}

class StageCollector {
 public:
  StageCollector() {
    for (const PassInfo& pass : Passes()) descriptions_.emplace(pass.name, pass.description);
  }

  void Add(const StageReport& report) {
    Json stage = {
        {"name", report.name}, {"changed", report.changed}, {"milliseconds", Milliseconds(report.time)}};
    const auto description = descriptions_.find(report.name);
    if (description != descriptions_.end()) stage["description"] = description->second;
    if (report.changed && report.graph) {
      stage["graph"] = GraphData(report.graph());
    } else if (report.changed && report.text) {
      stage["text"] = report.text();
    }
    stages_.push_back(std::move(stage));
  }

  Json Take() { return std::move(stages_); }

 private:
  std::map<std::string_view, std::string_view> descriptions_;
  Json stages_ = Json::array();
};

Json ProgramData(const Program& program, const std::vector<std::vector<std::size_t>>& parts) {
  const std::vector<std::string> lines = Lines(FormatProgram(program, Format::kAssembly));
  Json rows = Json::array();
  for (std::size_t i = 0; i < program.size(); ++i) {
    std::string line = lines[i];
    std::ranges::replace(line, '\t', ' ');
    Json row = {{"code", program[i].code},
                {"jt", program[i].jt},
                {"jf", program[i].jf},
                {"k", program[i].k},
                {"text", std::move(line)}};
    row["parts"] = i < parts.size() ? parts[i] : std::vector<std::size_t>();
    rows.push_back(std::move(row));
  }
  return rows;
}

// The filter cut at the borders of its parts.
Json Segments(const std::string& filter, const std::vector<FilterPart>& parts) {
  Json segments = Json::array();
  std::size_t done = 0;
  const auto add = [&](std::size_t end, std::optional<std::size_t> part) {
    if (end <= done) return;
    Json segment = {{"text", filter.substr(done, end - done)}};
    if (part) segment["part"] = *part;
    segments.push_back(std::move(segment));
    done = end;
  };
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i].range) continue;
    add(parts[i].range->begin, std::nullopt);
    add(parts[i].range->end, i);
  }
  add(filter.size(), std::nullopt);
  return segments;
}

std::string Hexadecimal(const std::vector<std::uint8_t>& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

// The witness cut to a packet that the program still accepts, as short as these lengths have it.
Json ExampleOf(BoundWitness witness, const Program& program, Target target) {
  for (const std::size_t length : {std::size_t{60}, std::size_t{128}, kLongestExample}) {
    if (witness.bytes.size() > length) continue;
    witness.bytes.resize(length);
    for (const std::uint32_t wire_length : {static_cast<std::uint32_t>(length), witness.wire_length}) {
      if (RunOnPacket(program, witness.bytes, wire_length, target).verdict == 0) continue;
      return {{"hex", Hexadecimal(witness.bytes)}, {"wire_length", wire_length}};
    }
  }
  return nullptr;
}

BoundWitness Flip(BoundWitness witness, const WitnessBit& bit) {
  if (bit.place == WitnessBit::kWireLength) {
    witness.wire_length ^= std::uint32_t{1} << bit.bit;
  } else {
    if (witness.bytes.size() <= bit.place) witness.bytes.resize(std::size_t{bit.place} + 1);
    witness.bytes[bit.place] ^= static_cast<std::uint8_t>(1U << bit.bit);
  }
  return witness;
}

std::string LinkTypeName(const CompileOptions& options) {
  const auto link_type = FindLinkType(options.link_type);
  return link_type ? std::string(link_type->name) : "";
}

Json PacketData(const std::optional<ExamplePacket>& packet) {
  if (!packet) return nullptr;
  return {{"hex", Hexadecimal(packet->bytes)}, {"wire_length", packet->bytes.size()}};
}

// Where no everyday packet would do: one that the bound was found by, or is one bit away from.
Json ExampleOfBound(const LowerBound& bound, const Program& program, Target target) {
  for (const BoundWitness& witness : bound.witnesses) {
    if (Json example = ExampleOf(witness, program, target); !example.is_null()) return example;
    if (witness.near.empty()) continue;
    const BoundWitness accepted = Flip(witness, witness.near[0]);
    if (Json example = ExampleOf(accepted, program, target); !example.is_null()) return example;
  }
  return nullptr;
}

Json ProofData(const CompileResult& result, const CompileOptions& options) {
  std::chrono::nanoseconds time{0};
  for (const auto& timing : result.statistics.timings) {
    if (timing.name == "prove") time = timing.time;
  }
  Json proof = {{"proven", result.proven},
                {"relation", RelationName(options.relation)},
                {"source", SourceKindName(result.source_kind)},
                {"source_reason", result.source_reason},
                {"source_instructions", result.source.size()},
                {"milliseconds", Milliseconds(time)},
                {"nodes", result.statistics.proof_nodes},
                {"queries", result.statistics.proof_queries},
                {"steps", result.statistics.proof_steps}};
  return proof;
}

bool DifferOn(const Program& a, const Program& b, const std::vector<std::uint8_t>& bytes,
              std::uint32_t wire_length, Target target) {
  return RunOnPacket(a, bytes, wire_length, target).verdict !=
         RunOnPacket(b, bytes, wire_length, target).verdict;
}

// The counterexample as a packet that shows on the page: an everyday packet where one shows the difference;
// where that needs more captured than the counterexample has, with more. Null when it is too long, or needs
// what no packet holds.
Json DifferenceData(const Counterexample& example, const Program& ours, const Program& theirs,
                    const CompileOptions& options) {
  const Target target = options.target;
  for (const ExamplePacket& packet : EverydayPackets(LinkTypeName(options))) {
    if (DifferOn(ours, theirs, packet.bytes, static_cast<std::uint32_t>(packet.bytes.size()), target))
      return PacketData(packet);
  }
  if (example.more_captured > 0) return nullptr;
  std::vector<std::uint8_t> bytes = example.captured;
  std::vector<std::size_t> lengths = {60, 128, kLongestExample};
  if (!example.on_complete_packet) lengths = {bytes.size()};
  for (const std::size_t length : lengths) {
    if (bytes.size() > length) continue;
    bytes.resize(length);
    for (const auto& [address, byte] : example.continuation) {
      if (address < length) bytes[address] = byte;
    }
    for (const std::uint32_t wire_length : {static_cast<std::uint32_t>(length), example.wire_length}) {
      if (DifferOn(ours, theirs, bytes, wire_length, target))
        return {{"hex", Hexadecimal(bytes)}, {"wire_length", wire_length}};
    }
  }
  return nullptr;
}

Json JudgeLibpcap(const CompileResult& result, const Program& theirs, const CompileOptions& options) {
  const auto verdict = Verify(result.source, theirs,
                              {.target = options.target, .relation = options.relation, .steps = kJudgeSteps});
  if (!verdict) return {{"answer", "undecided"}, {"detail", verdict.error().message}};
  Json judged = {{"answer", AnswerName(verdict->answer)}, {"detail", verdict->reason}};
  if (verdict->counterexample) {
    judged["detail"] = Describe(*verdict->counterexample, "the filter's", "libpcap's");
    Json packet = DifferenceData(*verdict->counterexample, result.program, theirs, options);
    if (!packet.is_null()) judged["packet"] = std::move(packet);
  }
  return judged;
}

Json CandidatesData(const std::vector<Candidate>& candidates) {
  Json all = Json::array();
  for (const Candidate& candidate : candidates) {
    all.push_back({{"name", candidate.name},
                   {"instructions", candidate.instructions},
                   {"expected_path", candidate.expected_path},
                   {"outcome", OutcomeName(candidate.outcome)},
                   {"detail", candidate.detail}});
  }
  return all;
}

Json DiagnosticsData(const std::vector<Diagnostic>& diagnostics) {
  Json all = Json::array();
  for (const Diagnostic& diagnostic : diagnostics) {
    const bool is_note = diagnostic.severity == Diagnostic::Severity::kNote;
    all.push_back({{"severity", is_note ? "note" : "warning"}, {"message", diagnostic.message}});
  }
  return all;
}

Json OptionsData(const CompileOptions& options) {
  const auto link_type = FindLinkType(options.link_type);
  Json data = {{"link_type", options.link_type}};
  if (link_type)
    data = {{"link_type", link_type->name},
            {"link_type_number", link_type->number},
            {"link_type_description", link_type->description}};
  data["snaplen"] = options.snaplen;
  data["target"] = TargetName(options.target);
  data["relation"] = RelationName(options.relation);
  data["objective"] = NameOf(options.objective);
  data["level"] = options.level;
  return data;
}

// libpcap's optimized program; nothing when it took too long.
std::optional<Expected<Program>> LibpcapInTime(const std::string& filter, const CompileOptions& options,
                                               std::size_t source_size) {
  if (source_size < kLargeSource) return LibpcapProgram(filter, options, /*optimize=*/true);
  const auto output = RunInTime(
      [&] {
        const auto program = LibpcapProgram(filter, options, /*optimize=*/true);
        return program ? FormatProgram(*program, Format::kDecimal) : "error\n" + program.error().message;
      },
      kLibpcapLimit);
  if (!output) return std::nullopt;
  if (output->starts_with("error\n")) {
    return tl::unexpected(
        Error{ErrorCode::kInvalidInput, output->substr(output->find('\n') + 1), std::nullopt});
  }
  return ParseProgram(*output);
}

Json LibpcapData(const std::optional<Expected<Program>>& theirs, const CompileResult& result,
                 const Attribution& attribution, const CompileOptions& options) {
  if (!theirs) {
    return {{"error", fmt::format("its optimizer gave no program within {} seconds of processor time",
                                  kLibpcapLimit.count())},
            {"over_time", true}};
  }
  if (!*theirs) return {{"error", theirs->error().message}};
  return {{"instructions", ProgramData(**theirs, attribution.programs[1])},
          {"judged", JudgeLibpcap(result, **theirs, options)}};
}

}  // namespace

Expected<ReportData> MakeReportData(const std::string& filter, CompileOptions options) {
  StageCollector stages;
  options.observer = [&](const StageReport& report) { stages.Add(report); };
  auto result = Compile(filter, options);
  if (!result) return tl::unexpected(result.error());
  options.observer = {};
  const auto theirs = LibpcapInTime(filter, options, result->source.size());
  const Program nothing;
  const auto attribution =
      AttributeInstructions(filter, options, {&result->program, theirs && *theirs ? &**theirs : &nothing});
  if (!attribution) return tl::unexpected(attribution.error());
  const LowerBound bound = FindLowerBound(result->source, result->program,
                                          {.target = options.target, .relation = options.relation});

  Json parts = Json::array();
  for (const FilterPart& part : attribution->parts) parts.push_back(part.text);
  Json data = {{"kind", "report"},
               {"schema", kSchema},
               {"version", Version()},
               {"libpcap_version", LibpcapVersion()},
               {"options", OptionsData(options)},
               {"filter", {{"text", filter}, {"segments", Segments(filter, attribution->parts)}}},
               {"parts", std::move(parts)},
               {"diagnostics", DiagnosticsData(result->diagnostics)}};
  data["ours"] = {{"instructions", ProgramData(result->program, attribution->programs[0])}};
  data["libpcap"] = LibpcapData(theirs, *result, *attribution, options);
  data["lower_bound"] = bound.instructions;
  const Examples examples =
      FindExamples(result->source, result->program, options.target, LinkTypeName(options));
  data["example"] = examples.accepted ? PacketData(examples.accepted)
                                      : ExampleOfBound(bound, result->program, options.target);
  data["rejected_example"] = PacketData(examples.rejected);
  data["proof"] = ProofData(*result, options);
  data["candidates"] = CandidatesData(result->candidates);
  data["stages"] = stages.Take();
  std::string json = data.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
  return ReportData{std::move(*result), std::move(json)};
}

}  // namespace bpfopt::cli
