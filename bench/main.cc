// bpfopt-bench: compiles the corpus and compares what comes out with libpcap's. Exit status 1 when a program
// is larger than tcpdump's, unproven or missing; 2 when something cannot be measured.
#include "bench/arguments.h"
#include "bench/baseline.h"
#include "bench/corpus.h"
#include "bench/environment.h"
#include "bench/html.h"
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

void Tell(const Part& part) {
  std::fputs(fmt::format("bpfopt-bench: measuring {}\n", part.name).c_str(), stderr);
}

std::string InForm(const ModeReport& report, Arguments::Form form) {
  if (form == Arguments::Form::kJson) return bpfopt::bench::FormatData(report.data, 2) + "\n";
  return form == Arguments::Form::kMarkdown ? report.summary : report.text;
}

int Print(const Expected<ModeReport>& report, Arguments::Form form) {
  if (!report) return Fail(report.error().message);
  if (const auto written = WriteOutput("-", InForm(*report, form)); !written)
    return Fail(written.error().message);
  return report->is_bad ? kBadRows : 0;
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
  if (!baseline.update && bpfopt::bench::IsOfAnotherLibpcap(baseline.path)) {
    Fail(baseline.path + " is of another libpcap, or missing");
    return kNothingToCompare;
  }
  return Print(bpfopt::bench::HoldToBaseline(corpus, arguments.options, baseline), arguments.form);
}

// The documents to be updated, by path; all of them in order before anything is measured.
Expected<std::map<std::string, std::string>> ReadDocuments(const std::vector<std::string>& paths) {
  std::map<std::string, std::string> texts;
  for (const std::string& path : paths) {
    auto text = bpfopt::bench::ReadText(path);
    if (!text) return tl::unexpected(text.error());
    if (const auto replaced = bpfopt::bench::ReplaceFigures(*text, {}); !replaced)
      return bpfopt::InvalidInput(path + ": " + replaced.error().message);
    texts[path] = std::move(*text);
  }
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
  return IsBad(*parts) ? kBadRows : 0;
}

int Run(const Arguments& arguments) {
  const auto corpus = bpfopt::bench::ReadCorpus(arguments.corpus);
  if (!corpus) return Fail(corpus.error().message);
  switch (arguments.mode) {
    case Arguments::Mode::kDocuments:
      return MakeDocuments(arguments, *corpus);
    case Arguments::Mode::kBaseline:
      return HoldToBaseline(arguments, *corpus);
    case Arguments::Mode::kPart:
      break;
  }
  return Print(MeasureOne(arguments, *corpus), arguments.form);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto parsed = bpfopt::bench::ParseArguments(argc, argv);
    if (const int* status = std::get_if<int>(&parsed)) return *status;
    return Run(std::get<Arguments>(parsed));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bpfopt-bench: %s\n", error.what());
    return kCannotRun;
  }
}
