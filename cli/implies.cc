// bpfopt implies A B: is every packet that A accepts accepted by B? If not, a packet.
#include "bpfopt/verify.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/proof_command.h"

#include <string>
#include <vector>

namespace bpfopt::cli {

int ImpliesCommand(int argc, const char* const* argv) {
  CommandLine line(
      "Is every packet that A accepts accepted by B? With --target seccomp: is B on every system call at "
      "least "
      "as permissive as A? An operand is a file with a program in any of the formats, '-', or expr:EXPR for "
      "libpcap's unoptimized program of a filter.",
      "bpfopt implies A B");
  ProofCommand command;
  command.AddTo(line);
  return line.Run(argc, argv, [&](const std::vector<std::string>& words) {
    const auto programs = command.Read(words, "implies");
    if (!programs) return programs.error();
    return command.Tell(
        Implies(programs->first, programs->second, command.options()),
        {.yes = "implied", .no = "not implied", .undecided = "undecided", .first = "A", .second = "B"});
  });
}

}  // namespace bpfopt::cli
