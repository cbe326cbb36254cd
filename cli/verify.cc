// bpfopt verify SOURCE RESULT: equal, different (with a packet), or undecided.
#include "bpfopt/verify.h"

#include "bpfopt/format.h"
#include "bpfopt/libpcap.h"
#include "bpfopt/savefile.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/files.h"
#include "cli/output_format.h"

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::cli {
namespace {

constexpr std::string_view kExpressionPrefix = "expr:";
// How far a counterexample's packet is filled with the bytes that follow the captured ones.
constexpr std::uint64_t kMaxPacket = 262144;

class Verifier {
 public:
  int Main(int argc, const char* const* argv) {
    CLI::App app(
        "Are two programs equal for every packet? An operand is a file with a program in any of the formats, "
        "'-', "
        "or expr:EXPR for libpcap's unoptimized program of a filter.",
        "bpfopt verify SOURCE RESULT");
    meaning_.AddTo(app, /*with_link_type=*/true);
    AddChoice(app, "--equal", options_.relation,
              {{"strict", Relation::kStrict}, {"faithful", Relation::kFaithful}},
              "strict (default): the same verdict on every packet; faithful: but for packets cut short");
    AddChoice(app, "--target", options_.target,
              {{"pcap", Target::kPcap}, {"linux", Target::kLinux}, {"seccomp", Target::kSeccomp}},
              "whose rules: pcap (default), linux or seccomp");
    AddByteOrder(app, byte_order_);
    app.add_option("--steps", options_.steps, "how much work the solver may do");
    app.add_option("--counterexample", capture_, "write a packet that tells the programs apart to this file");
    app.add_flag("--stats", stats_, "print what the proof took");
    return ParseAndRun(app, argc, argv, [&](const std::vector<std::string>& words) {
      if (words.size() != 2) return ReportError(std::string("verify takes two programs"));
      if (words[0] == "-" && words[1] == "-") {
        return ReportError(std::string("only one of the programs can come from standard input"));
      }
      return VerifyOperands(words[0], words[1]);
    });
  }

 private:
  int VerifyOperands(const std::string& source_name, const std::string& result_name) {
    CompileOptions meaning;
    if (const auto applied = meaning_.Apply(meaning); !applied) return ReportError(applied.error());
    const auto source = ReadOperand(source_name, meaning);
    if (!source) return kBadInput;
    const auto result = ReadOperand(result_name, meaning);
    if (!result) return kBadInput;
    const auto verdict = Verify(*source, *result, options_);
    if (!verdict) return ReportError(verdict.error());
    if (stats_) {
      ReportNote(
          fmt::format("{} nodes, {} queries, {} steps", verdict->nodes, verdict->queries, verdict->steps));
    }
    return Tell(*verdict);
  }

  // Reports by itself what is wrong.
  std::optional<Program> ReadOperand(const std::string& operand, const CompileOptions& meaning) const {
    if (operand.compare(0, kExpressionPrefix.size(), kExpressionPrefix) == 0) {
      const auto program =
          CompileWithLibpcap(operand.substr(kExpressionPrefix.size()), {.link_type = meaning.link_type,
                                                                        .snaplen = meaning.snaplen,
                                                                        .netmask = meaning.netmask,
                                                                        .optimize = false});
      if (program) return *program;
      ReportError("libpcap refuses " + operand + ": " + program.error().message);
      return std::nullopt;
    }
    const auto text = ReadInput(operand);
    if (!text) {
      ReportError(text.error());
      return std::nullopt;
    }
    const auto program = ParseProgram(*text, byte_order_);
    if (program) return *program;
    ReportError(program.error(), {operand == "-" ? "standard input" : operand, *text});
    return std::nullopt;
  }

  int Tell(const Verdict& verdict) const {
    const char* relation = options_.relation == Relation::kStrict ? "strict" : "faithful";
    std::string text;
    int status = kDone;
    switch (verdict.answer) {
      case Answer::kEqual:
        text = fmt::format("equal ({})\n", relation);
        break;
      case Answer::kDifferent:
        text = fmt::format("different ({})\n{}", relation, Describe(*verdict.counterexample));
        status = kDifferent;
        break;
      case Answer::kUndecided:
        text = fmt::format("undecided ({}): {}\n", relation, verdict.reason);
        status = kUndecided;
        break;
    }
    if (const auto written = WriteStandardOutput(text); !written) return ReportError(written.error());
    if (verdict.counterexample && !capture_.empty()) {
      if (const auto saved = SaveCounterexample(*verdict.counterexample); !saved)
        return ReportError(saved.error());
    }
    return status;
  }

  // With the bytes that follow the captured ones, so that the difference shows when the file is filtered.
  Expected<void> SaveCounterexample(const Counterexample& example) const {
    const auto link_type = FindLinkType(meaning_.link_type);
    if (!link_type) return tl::unexpected(link_type.error());
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

  MeaningArguments meaning_;
  VerifyOptions options_;
  ByteOrder byte_order_ = kHostByteOrder;
  std::string capture_;
  bool stats_ = false;
};

}  // namespace

int VerifyCommand(int argc, const char* const* argv) { return Verifier().Main(argc, argv); }

}  // namespace bpfopt::cli
