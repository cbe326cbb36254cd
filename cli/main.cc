// The bpfopt command: the first word may name a subcommand; without one, a filter is compiled.
#include "cli/commands.h"
#include "cli/diagnostics.h"
#include "cli/exit_status.h"

#include <algorithm>
#include <array>
#include <exception>
#include <string>
#include <string_view>

namespace {

struct Command {
  std::string_view name;
  int (*run)(int argc, const char* const* argv);
};

constexpr std::array<Command, 10> kCommands = {{
    {"compile", bpfopt::cli::CompileCommand},
    {"optimize", bpfopt::cli::OptimizeCommand},
    {"disasm", bpfopt::cli::DisasmCommand},
    {"verify", bpfopt::cli::VerifyCommand},
    {"implies", bpfopt::cli::ImpliesCommand},
    {"run", bpfopt::cli::RunCommand},
    {"compare", bpfopt::cli::CompareCommand},
    {"graph", bpfopt::cli::GraphCommand},
    {"report", bpfopt::cli::ReportCommand},
    {"exec", bpfopt::cli::ExecCommand},
}};

int Dispatch(int argc, const char* const* argv) {
  if (argc > 1) {
    const auto command = std::find_if(kCommands.begin(), kCommands.end(),
                                      [&](const Command& each) { return each.name == argv[1]; });
    if (command != kCommands.end()) return command->run(argc - 1, argv + 1);
  }
  return bpfopt::cli::CompileCommand(argc, argv);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Dispatch(argc, argv);
  } catch (const std::exception& error) {  // out of memory, in the main
    bpfopt::cli::ReportError(error.what());
    return bpfopt::cli::kBug;
  }
}
