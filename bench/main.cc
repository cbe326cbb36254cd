// bpfopt-bench: compiles the corpus and compares what comes out with libpcap's. Exit status 1 when a program
// is larger than tcpdump's, unproven or missing; 2 when something cannot be measured.
#include "bench/arguments.h"
#include "bench/baseline.h"
#include "bench/corpus.h"
#include "bench/environment.h"
#include "bench/html.h"
#include "bench/other_libpcap.h"
#include "bench/output_file.h"
#include "bench/parts.h"
#include "bench/results.h"

#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace {

using bpfopt::Expected;
using bpfopt::bench::Arguments;
using bpfopt::bench::Corpus;
using bpfopt::bench::MeasuredPart;
using bpfopt::bench::ModeReport;
using bpfopt::bench::Part;
using bpfopt::bench::WriteOutput;

constexpr int kBadRows = 1;
constexpr int kCannotRun = 2;
constexpr int kNothingToCompare = 77;  // a test that is skipped, to ctest

int Fail(const std::string& message) {
  std::fputs(fmt::format("bpfopt-bench: {}\n", message).c_str(), stderr);
  return kCannotRun;
}

int TellBad(const std::string& where) {
  Fail("not all is well" + where +
       ": programs are missing, not proven, larger than tcpdump's or not as the baseline");
  return kBadRows;
}

void Tell(const Part& part) {
  std::fputs(fmt::format("bpfopt-bench: measuring {}\n", part.name).c_str(), stderr);
}

// Another libpcap than the installed one is named in front of what people read.
std::string Heading(const Arguments& arguments) {
  if (arguments.libpcap.empty()) return {};
  return fmt::format("Compared with {}\n\n", bpfopt::bench::DescribeLibpcap());
}

std::string InForm(const ModeReport& report, const Arguments& arguments) {
  if (arguments.form == Arguments::Form::kJson) return bpfopt::bench::FormatData(report.data, 2) + "\n";
  return Heading(arguments) + (arguments.form == Arguments::Form::kMarkdown ? report.summary : report.text);
}

int Print(const Expected<ModeReport>& report, const Arguments& arguments) {
  if (!report) return Fail(report.error().message);
  if (const auto written = WriteOutput("-", InForm(*report, arguments)); !written)
    return Fail(written.error().message);
  return report->is_bad ? TellBad("") : 0;
}

Expected<ModeReport> MeasureOne(const Arguments& arguments, const Corpus& corpus) {
  // Of executed instructions, those over captures are a part of their own.
  const std::string name =
      arguments.part == "executed" && arguments.how.captures ? "captures" : arguments.part;
  auto parts = MeasureParts({name}, corpus, arguments.options, arguments.how, [](const Part&) {});
  if (!parts) return tl::unexpected(parts.error());
  return std::move(parts->front().report);
}

int HoldToBaseline(const Arguments& arguments, const Corpus& corpus) {
  const auto& baseline = arguments.baseline;
  if (baseline.update) {
    if (const auto writable = bpfopt::bench::CheckWritable(baseline.path); !writable)
      return Fail(writable.error().message);
  } else {
    const auto is_other = bpfopt::bench::IsOfAnotherLibpcap(baseline.path);
    if (!is_other) return Fail(is_other.error().message);
    if (*is_other) {
      Fail(baseline.path + " is of another libpcap");
      return kNothingToCompare;
    }
  }
  return Print(bpfopt::bench::HoldToBaseline(corpus, arguments.options, baseline), arguments);
}

// The documents to be updated, by path; all of them in order before anything is measured.
Expected<std::map<std::string, std::string>> ReadDocuments(const std::vector<std::string>& paths) {
  std::map<std::string, std::string> texts;
  bool has_figures = paths.empty();
  for (const std::string& path : paths) {
    auto text = bpfopt::bench::ReadText(path);
    if (!text) return tl::unexpected(text.error());
    if (const auto replaced = bpfopt::bench::ReplaceFigures(*text, {}); !replaced)
      return bpfopt::InvalidInput(path + ": " + replaced.error().message);
    has_figures = has_figures || text->find(bpfopt::bench::kFiguresBegin) != std::string::npos;
    texts[path] = std::move(*text);
  }
  if (!has_figures)
    return bpfopt::InvalidInput(
        fmt::format("{}: expected a line '{}PART -->'", paths[0], bpfopt::bench::kFiguresBegin));
  return texts;
}

Expected<void> CheckOutputs(const Arguments& arguments) {
  for (const std::string& path : {arguments.documents.results, arguments.documents.page}) {
    if (path.empty()) continue;
    if (auto writable = bpfopt::bench::CheckWritable(path); !writable) return writable;
  }
  return {};
}

Expected<void> WriteDocuments(const Arguments& arguments, const std::vector<MeasuredPart>& parts,
                              const std::map<std::string, std::string>& updated) {
  const auto environment = DescribeEnvironment(arguments.options, arguments.how);
  const auto& documents = arguments.documents;
  const auto data = MakePageData(parts, environment);
  const bool has_file = !documents.results.empty() || !documents.page.empty() || !updated.empty();
  if (!documents.results.empty()) {
    if (auto written = WriteOutput(documents.results, FormatResults(parts, environment)); !written)
      return written;
  }
  if (!documents.page.empty()) {
    if (auto written = WriteOutput(documents.page, bpfopt::bench::FormatPage(data)); !written) return written;
  }
  for (const auto& [path, text] : updated) {
    auto replaced = ReplaceFigures(text, parts);
    if (!replaced) return tl::unexpected(replaced.error());
    if (*replaced == text) continue;
    if (auto written = WriteOutput(path, *replaced); !written) return written;
  }
  if (arguments.form == Arguments::Form::kJson)
    return WriteOutput("-", bpfopt::bench::FormatData(data) + "\n");
  if (!has_file) return WriteOutput("-", FormatResults(parts, environment));
  return {};
}

int MakeDocuments(const Arguments& arguments, const Corpus& corpus) {
  if (const auto writable = CheckOutputs(arguments); !writable) return Fail(writable.error().message);
  const auto updated = ReadDocuments(arguments.documents.updated);
  if (!updated) return Fail(updated.error().message);
  const auto parts = MeasureParts(arguments.documents.parts, corpus, arguments.options, arguments.how, Tell);
  if (!parts) return Fail(parts.error().message);
  if (const auto written = WriteDocuments(arguments, *parts, *updated); !written)
    return Fail(written.error().message);
  std::string bad;
  for (const MeasuredPart& each : *parts) {
    if (each.report.is_bad) bad += fmt::format(" {}", each.part->name);
  }
  return bad.empty() ? 0 : TellBad(" in" + bad);
}

Expected<void> UseLibpcapOf(const Arguments& arguments, char** argv) {
  if (arguments.libpcap.empty()) return {};
  if (auto used = bpfopt::bench::UseLibpcap(arguments.libpcap, argv); !used) return used;
  return bpfopt::bench::CheckLibpcapOfTcpdump();
}

// In a process that uses the libpcap asked for.
int Run(const Arguments& arguments) {
  const auto corpus = bpfopt::bench::ReadCorpus(arguments.corpus);
  if (!corpus) return Fail(corpus.error().message);
  if (corpus->rows.empty()) return Fail("no rows in the .txt files of " + arguments.corpus);
  switch (arguments.mode) {
    case Arguments::Mode::kDocuments:
      return MakeDocuments(arguments, *corpus);
    case Arguments::Mode::kBaseline:
      return HoldToBaseline(arguments, *corpus);
    case Arguments::Mode::kPart:
      break;
  }
  return Print(MeasureOne(arguments, *corpus), arguments);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto parsed = bpfopt::bench::ParseArguments(argc, argv);
    if (const int* status = std::get_if<int>(&parsed)) return *status;
    const auto& arguments = std::get<Arguments>(parsed);
    if (const auto used = UseLibpcapOf(arguments, argv); !used) return Fail(used.error().message);
    return Run(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bpfopt-bench: %s\n", error.what());
    return kCannotRun;
  }
}
