// bpfopt run -r IN [-w OUT] EXPR: filters a capture with the compiled program.
#include "bpfopt/compiler.h"
#include "bpfopt/savefile.h"
#include "bpfopt/verify.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/files.h"

#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::cli {
namespace {

class Runner {
 public:
  int Main(int argc, const char* const* argv) {
    CommandLine line("Filters a capture; the link type is the file's.", "bpfopt run -r IN [-w OUT] EXPR...");
    meaning_.AddTo(line, /*with_link_type=*/false);
    effort_.AddTo(line);
    filter_.AddTo(line);
    line.AddRequiredOption("-r", input_, "capture to read: pcap or pcapng, '-': standard input");
    line.AddOption("-w", output_, "capture to write the accepted packets to, '-': standard output");
    line.AddFlag("--verdicts", verdicts_, "print one verdict a packet instead of counts");
    return line.Run(argc, argv, [&](const std::vector<std::string>& words) {
      if (verdicts_ && output_ == "-") {
        return ReportError(std::string("--verdicts and -w - both claim standard output"));
      }
      return Run(words);
    });
  }

 private:
  int Run(const std::vector<std::string>& words) {
    const auto filter = filter_.Read(words);
    if (!filter) return ReportError(filter.error());
    CompileOptions options;
    effort_.Apply(options);
    if (const auto applied = meaning_.Apply(options); !applied) return ReportError(applied.error());
    auto reader = SavefileReader::Open(input_);
    if (!reader) return ReportError(reader.error());
    options.link_type = std::to_string(reader->link_type());
    options.origin = reader->origin();
    const auto compiled = Compile(filter->text, options);
    if (!compiled) return ReportError(compiled.error(), *filter);
    for (const Diagnostic& diagnostic : compiled->diagnostics) Report(diagnostic, *filter);
    NoteMissingProof(*compiled, options.level, options.proof);
    return output_.empty() ? Filter(*reader, compiled->program, nullptr)
                           : FilterToFile(*reader, compiled->program);
  }

  int FilterToFile(SavefileReader& reader, const Program& program) {
    std::optional<AtomicFile> file;
    if (output_ != "-") {
      auto created = AtomicFile::Create(output_);
      if (!created) return ReportError(created.error());
      file.emplace(std::move(*created));
    }
    auto writer =
        SavefileWriter::Open(file ? file->path_to_write() : output_, reader.link_type(), reader.snaplen());
    if (!writer) return ReportError(writer.error());
    const int status = Filter(reader, program, &*writer);
    if (const auto closed = writer->Close(); !closed) return ReportError(closed.error());
    // A capture that ends in the middle of a packet still has its whole packets written, as tcpdump does it.
    if (file) {
      if (const auto committed = file->Commit(); !committed) return ReportError(committed.error());
    }
    return status;
  }

  int Filter(SavefileReader& reader, const Program& program, SavefileWriter* writer) {
    std::uint64_t matched = 0;
    std::uint64_t total = 0;
    std::optional<Error> failure;
    while (true) {
      const auto packet = reader.Next();
      if (!packet) {
        failure = packet.error();
        break;
      }
      if (!*packet) break;
      const std::uint32_t verdict =
          RunOnPacket(program, (*packet)->captured, (*packet)->wire_length, effort_.target).verdict;
      ++total;
      if (verdict != 0) ++matched;
      if (verdict != 0 && writer != nullptr) writer->Write(**packet);
      if (verdicts_) {
        if (const auto written = WriteStandardOutput(fmt::format("{}\n", verdict)); !written) {
          return ReportError(written.error());
        }
      }
    }
    const int status = TellCounts(matched, total);
    return failure ? ReportError(Error{failure->code, input_ + ": " + failure->message, std::nullopt})
                   : status;
  }

  int TellCounts(std::uint64_t matched, std::uint64_t total) const {
    if (verdicts_) return kDone;
    const std::string counts = fmt::format("{} of {} packets match\n", matched, total);
    if (output_ == "-") {
      std::fputs(counts.c_str(), stderr);
      return kDone;
    }
    const auto written = WriteStandardOutput(counts);
    return written ? kDone : ReportError(written.error());
  }

  MeaningArguments meaning_;
  EffortArguments effort_{Relation::kFaithful};
  FilterArguments filter_;
  std::string input_;
  std::string output_;
  bool verdicts_ = false;
};

}  // namespace

int RunCommand(int argc, const char* const* argv) { return Runner().Main(argc, argv); }

}  // namespace bpfopt::cli
