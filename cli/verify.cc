// bpfopt verify SOURCE RESULT: equal, different (with a packet), or undecided.
#include "bpfopt/verify.h"

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/proof_command.h"

#include <string>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::cli {

int VerifyCommand(int argc, const char* const* argv) {
  CommandLine line(
      "Are two programs equal for every packet? An operand is a file with a program in any of the formats, "
      "'-', or expr:EXPR for libpcap's unoptimized program of a filter.",
      "bpfopt verify SOURCE RESULT");
  ProofCommand command;
  command.AddTo(line);
  VerifyOptions& options = command.options();
  line.AddChoice("--equal", options.relation,
                 {{"strict", Relation::kStrict}, {"faithful", Relation::kFaithful}},
                 "strict (default): the same verdict on every packet; faithful: but for packets cut short");
  return line.Run(argc, argv, [&](const std::vector<std::string>& words) {
    const auto programs = command.Read(words, "verify");
    if (!programs) return programs.error();
    const char* relation = options.relation == Relation::kStrict ? "strict" : "faithful";
    return command.Tell(Verify(programs->first, programs->second, options),
                        {.yes = fmt::format("equal ({})", relation),
                         .no = fmt::format("different ({})", relation),
                         .undecided = fmt::format("undecided ({})", relation),
                         .first = "source",
                         .second = "result"});
  });
}

}  // namespace bpfopt::cli
