// -d, -dd, -ddd, --format and --endian.
#ifndef BPFOPT_CLI_OUTPUT_FORMAT_H
#define BPFOPT_CLI_OUTPUT_FORMAT_H

#include "bpfopt/format.h"
#include "cli/command_line.h"

#include <optional>
#include <string>

namespace bpfopt::cli {

// Of raw programs, read or written: little or big.
void AddByteOrder(CommandLine& line, ByteOrder& byte_order);

struct OutputArguments {
  int d_count = 0;
  std::optional<Format> format;
  ByteOrder byte_order = kHostByteOrder;

  void AddTo(CommandLine& line);
  // --format wins; without anything, as -d. An error when the format cannot hold the program.
  Expected<std::string> Write(const Program& program) const;
};

}  // namespace bpfopt::cli

#endif  // BPFOPT_CLI_OUTPUT_FORMAT_H
