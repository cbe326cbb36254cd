// The subcommands. Each takes the words after its name (argv[0] is the name) and returns the exit status.
#ifndef BPFOPT_CLI_COMMANDS_H
#define BPFOPT_CLI_COMMANDS_H

namespace bpfopt::cli {

int CompileCommand(int argc, const char* const* argv);
int OptimizeCommand(int argc, const char* const* argv);
int DisasmCommand(int argc, const char* const* argv);
int VerifyCommand(int argc, const char* const* argv);
int ImpliesCommand(int argc, const char* const* argv);
int RunCommand(int argc, const char* const* argv);
int CompareCommand(int argc, const char* const* argv);
int GraphCommand(int argc, const char* const* argv);
int ReportCommand(int argc, const char* const* argv);
int ExecCommand(int argc, const char* const* argv);

}  // namespace bpfopt::cli

#endif  // BPFOPT_CLI_COMMANDS_H
