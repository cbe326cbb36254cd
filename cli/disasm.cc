// bpfopt disasm FILE|-: a program in any format in, the same program in another out.
#include "bpfopt/format.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/files.h"
#include "cli/output_format.h"

#include <string>
#include <vector>

namespace bpfopt::cli {
namespace {

int Disassemble(const std::string& path, const OutputArguments& output) {
  const auto text = ReadInput(path);
  if (!text) return ReportError(text.error());
  const auto program = ParseProgram(*text, output.byte_order);
  if (!program) return ReportError(program.error(), {path == "-" ? "standard input" : path, *text});
  const auto form = output.Write(*program);
  if (!form) return ReportError(form.error());
  const auto written = WriteStandardOutput(*form);
  return written ? kDone : ReportError(written.error());
}

}  // namespace

int DisasmCommand(int argc, const char* const* argv) {
  CommandLine line("Prints a program that is given in any of the formats.", "bpfopt disasm FILE|-");
  OutputArguments output;
  output.AddTo(line);
  return line.Run(argc, argv, [&](const std::vector<std::string>& words) {
    if (words.size() != 1) return ReportError(std::string("disasm takes one file, or '-'"));
    return Disassemble(words[0], output);
  });
}

}  // namespace bpfopt::cli
