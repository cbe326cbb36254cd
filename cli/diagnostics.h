// Errors, warnings and notes on standard error, with the place in the text under a caret:
//
//   bpfopt: error: unknown word 'foo'
//     ip and foo
//            ^~~
#ifndef BPFOPT_CLI_DIAGNOSTICS_H
#define BPFOPT_CLI_DIAGNOSTICS_H

#include "bpfopt/diagnostic.h"
#include "bpfopt/error.h"

#include <optional>
#include <string>
#include <string_view>

namespace bpfopt::cli {

// A text that places refer to.
struct NamedText {
  std::string name;  // of its file; empty for what was typed
  std::string text;
};

// "error: ..." and the lines under it, each ended.
std::string FormatDiagnostic(std::string_view severity, const std::string& message,
                             const std::optional<SourceRange>& range, const NamedText& source);

// These print. The one for errors returns the exit status.
int ReportError(const Error& error, const NamedText& source = {});
int ReportError(const std::string& message);
void Report(const Diagnostic& diagnostic, const NamedText& source);
void ReportNote(const std::string& message);

}  // namespace bpfopt::cli

#endif  // BPFOPT_CLI_DIAGNOSTICS_H
