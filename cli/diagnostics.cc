// Shows one line of the text, and of a long line the neighbourhood of the place.
#include "cli/diagnostics.h"

#include "cli/exit_status.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>

#include <fmt/format.h>

namespace bpfopt::cli {
namespace {

constexpr std::size_t kMaxShown = 100;  // columns
constexpr std::size_t kMaxBefore = 60;  // columns before the place, when a line is cut
constexpr std::string_view kCut = "...";

struct Line {
  std::size_t number;  // from 1
  std::size_t begin;
  std::size_t end;
};

Line LineAt(std::string_view text, std::size_t place) {
  place = std::min(place, text.size());
  const auto number = static_cast<std::size_t>(std::count(text.begin(), text.begin() + place, '\n')) + 1;
  const std::size_t before = place == 0 ? std::string_view::npos : text.rfind('\n', place - 1);
  const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  return {number, begin, std::min(text.find('\n', place), text.size())};
}

// One column a byte, so that the caret stands where it should.
char Printable(char c) {
  if (c == '\t') return ' ';
  return c >= 0x20 && c < 0x7f ? c : '?';
}

std::string CaretLines(std::string_view text, const Line& line, const SourceRange& range) {
  const std::size_t place = std::clamp(range.begin, line.begin, line.end);
  const std::size_t first =
      line.end - line.begin > kMaxShown && place - line.begin > kMaxBefore ? place - kMaxBefore : line.begin;
  const std::size_t last = std::min(line.end, first + kMaxShown);
  std::string shown;
  std::transform(text.begin() + first, text.begin() + last, std::back_inserter(shown), Printable);
  const std::string_view cut_before = first > line.begin ? kCut : "";
  const std::string_view cut_after = last < line.end ? kCut : "";
  const std::size_t marked = std::clamp(range.end, place + 1, std::max(last, place + 1)) - place;
  return fmt::format("  {}{}{}\n  {:{}}^{:~<{}}\n", cut_before, shown, cut_after, "",
                     cut_before.size() + place - first, "", marked - 1);
}

}  // namespace

std::string FormatDiagnostic(std::string_view severity, const std::string& message,
                             const std::optional<SourceRange>& range, const NamedText& source) {
  if (!range) {
    const std::string where = source.name.empty() ? "" : source.name + ": ";
    return fmt::format("bpfopt: {}{}: {}\n", where, severity, message);
  }
  const Line line = LineAt(source.text, range->begin);
  std::string where;
  if (!source.name.empty()) {
    where = fmt::format("{}:{}:{}: ", source.name, line.number,
                        std::min(range->begin, line.end) - line.begin + 1);
  }
  return fmt::format("bpfopt: {}{}: {}\n{}", where, severity, message, CaretLines(source.text, line, *range));
}

int ReportError(const Error& error, const NamedText& source) {
  std::fputs(FormatDiagnostic("error", error.message, error.range, source).c_str(), stderr);
  return ExitStatusOf(error.code);
}

int ReportError(const std::string& message) {
  return ReportError(Error{ErrorCode::kInvalidInput, message, {}});
}

void Report(const Diagnostic& diagnostic, const NamedText& source) {
  const char* severity = diagnostic.severity == Diagnostic::Severity::kNote ? "note" : "warning";
  std::fputs(FormatDiagnostic(severity, diagnostic.message, diagnostic.range, source).c_str(), stderr);
}

void ReportNote(const std::string& message) {
  Report({Diagnostic::Severity::kNote, message, std::nullopt}, {});
}

}  // namespace bpfopt::cli
