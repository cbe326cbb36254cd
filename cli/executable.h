// Commands, as the system finds and loads them.
#ifndef BPFOPT_CLI_EXECUTABLE_H
#define BPFOPT_CLI_EXECUTABLE_H

#include <optional>
#include <string>

namespace bpfopt::cli {

// The file that execvp would run for a command; nothing when there is none.
std::optional<std::string> FindCommand(const std::string& command);

// Why the system's linker preloads nothing into a program, to follow its name: it "is statically linked",
// say. Nothing when it does, and for scripts, whose interpreter is another program.
std::optional<std::string> WhyNothingIsPreloaded(const std::string& path);

}  // namespace bpfopt::cli

#endif  // BPFOPT_CLI_EXECUTABLE_H
