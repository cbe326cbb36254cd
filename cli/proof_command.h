// What the subcommands that prove something about two programs share: `verify` and `implies`.
#ifndef BPFOPT_CLI_PROOF_COMMAND_H
#define BPFOPT_CLI_PROOF_COMMAND_H

#include "bpfopt/format.h"
#include "bpfopt/verify.h"
#include "cli/arguments.h"
#include "cli/output_format.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bpfopt::cli {

// How an answer is told.
struct ProofWords {
  std::string yes;
  std::string no;
  std::string undecided;
  std::string_view first;  // the programs, in the description of a packet
  std::string_view second;
};

class ProofCommand {
 public:
  // The options but for --equal.
  void AddTo(CommandLine& line);
  VerifyOptions& options() { return options_; }

  // The two programs. Reports by itself what is wrong, and then gives the exit status.
  tl::expected<std::pair<Program, Program>, int> Read(const std::vector<std::string>& words,
                                                      std::string_view command) const;

  // Prints the answer, writes the capture that was asked for, and returns the exit status.
  int Tell(const Expected<Verdict>& verdict, const ProofWords& words) const;

 private:
  tl::expected<Program, int> ReadOperand(const std::string& operand, const CompileOptions& meaning) const;
  Expected<void> SaveCounterexample(const Counterexample& example) const;

  MeaningArguments meaning_;
  VerifyOptions options_;
  ByteOrder byte_order_ = kHostByteOrder;
  std::string capture_;
  bool stats_ = false;
};

}  // namespace bpfopt::cli

#endif  // BPFOPT_CLI_PROOF_COMMAND_H
