#include "cli/proof_command.h"

#include "bpfopt/savefile.h"
#include "cli/exit_status.h"
#include "cli/files.h"

#include <limits>

#include <fmt/format.h>

namespace bpfopt::cli {
namespace {

constexpr std::string_view kExpressionPrefix = "expr:";
// How far a counterexample's packet is filled with the bytes that follow the captured ones.
constexpr std::uint64_t kMaxPacket = 262144;

// Whether a filter of the capture sees the difference: what the file cannot hold is not there then.
bool FitsInCapture(const Counterexample& example) {
  const bool fits = example.continuation.empty() || example.continuation.rbegin()->first < kMaxPacket;
  return fits && example.more_captured == 0 && example.ancillary.empty() && example.random.empty() &&
         example.negative.empty() && example.attributes.empty() && example.has_device;
}

}  // namespace

void ProofCommand::AddTo(CommandLine& line) {
  meaning_.AddTo(line, /*with_link_type=*/true);
  line.AddChoice("--target", options_.target,
                 {{"pcap", Target::kPcap}, {"linux", Target::kLinux}, {"seccomp", Target::kSeccomp}},
                 "whose rules: pcap (default), linux or seccomp");
  AddByteOrder(line, byte_order_);
  line.AddNumber("--steps", options_.steps, 0, std::numeric_limits<std::uint64_t>::max(),
                 "how much work the solver may do");
  line.AddOption("--counterexample", capture_, "write a packet that tells the programs apart to this file");
  line.AddFlag("--stats", stats_, "print what the proof took");
}

tl::expected<std::pair<Program, Program>, int> ProofCommand::Read(const std::vector<std::string>& words,
                                                                  std::string_view command) const {
  const auto refuse = [](const std::string& why) { return tl::unexpected(ReportError(why)); };
  if (words.size() != 2) return refuse(fmt::format("{} takes two programs", command));
  if (words[0] == "-" && words[1] == "-") {
    return refuse("only one of the programs can come from standard input");
  }
  if (options_.target == Target::kSeccomp && !capture_.empty()) {
    return refuse("--counterexample writes packets; a system call of --target seccomp is printed only");
  }
  CompileOptions meaning;
  if (const auto applied = meaning_.Apply(meaning); !applied) {
    return tl::unexpected(ReportError(applied.error()));
  }
  auto first = ReadOperand(words[0], meaning);
  if (!first) return tl::unexpected(first.error());
  auto second = ReadOperand(words[1], meaning);
  if (!second) return tl::unexpected(second.error());
  return std::pair(std::move(*first), std::move(*second));
}

tl::expected<Program, int> ProofCommand::ReadOperand(const std::string& operand,
                                                     const CompileOptions& meaning) const {
  if (operand.compare(0, kExpressionPrefix.size(), kExpressionPrefix) == 0) {
    auto program = LibpcapProgram(operand.substr(kExpressionPrefix.size()), meaning, /*optimize=*/false);
    if (program) return std::move(*program);
    ReportError("libpcap refuses " + operand + ": " + program.error().message);
    return tl::unexpected(kBadInput);
  }
  const auto text = ReadInput(operand);
  if (!text) return tl::unexpected(ReportError(text.error()));
  auto program = ParseProgram(*text, byte_order_);
  if (program) return std::move(*program);
  return tl::unexpected(ReportError(program.error(), {operand == "-" ? "standard input" : operand, *text}));
}

int ProofCommand::Tell(const Expected<Verdict>& verdict, const ProofWords& words) const {
  if (!verdict) return ReportError(verdict.error());
  if (stats_) {
    ReportNote(fmt::format("{} nodes, {} diagram nodes, {} queries, {} steps, {:.1f} ms", verdict->nodes,
                           verdict->diagram_nodes, verdict->queries, verdict->steps, verdict->milliseconds));
  }
  std::string text;
  int status = kDone;
  switch (verdict->answer) {
    case Answer::kEqual:
      text = words.yes + "\n";
      break;
    case Answer::kDifferent:
      text = words.no + "\n" + Describe(*verdict->counterexample, words.first, words.second);
      status = kDifferent;
      break;
    case Answer::kUndecided:
      text = fmt::format("{}: {}\n", words.undecided, verdict->reason);
      status = kUndecided;
      break;
  }
  if (const auto written = WriteStandardOutput(text); !written) return ReportError(written.error());
  if (verdict->counterexample && !capture_.empty()) {
    if (const auto saved = SaveCounterexample(*verdict->counterexample); !saved)
      return ReportError(saved.error());
  }
  return status;
}

// With the bytes that follow the captured ones, so that the difference shows when the file is filtered.
Expected<void> ProofCommand::SaveCounterexample(const Counterexample& example) const {
  const auto link_type = FindLinkType(meaning_.link_type);
  if (!link_type) return tl::unexpected(link_type.error());
  if (!FitsInCapture(example)) {
    ReportNote("the capture holds the packet's bytes alone, and the difference needs more than these");
  }
  std::vector<std::uint8_t> bytes = example.captured;
  for (const auto& [address, byte] : example.continuation) {
    if (address >= kMaxPacket) continue;
    if (address >= bytes.size()) bytes.resize(address + 1, 0);
    bytes[address] = byte;
  }
  auto file = AtomicFile::Create(capture_);
  if (!file) return tl::unexpected(file.error());
  auto writer = SavefileWriter::Open(file->path_to_write(), link_type->number, kMaxPacket);
  if (!writer) return tl::unexpected(writer.error());
  writer->Write({.captured = bytes, .wire_length = example.wire_length});
  if (auto closed = writer->Close(); !closed) return closed;
  return file->Commit();
}

}  // namespace bpfopt::cli
