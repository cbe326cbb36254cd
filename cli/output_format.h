// -d, -dd, -ddd and --format.
#ifndef BPFOPT_CLI_OUTPUT_FORMAT_H
#define BPFOPT_CLI_OUTPUT_FORMAT_H

#include "bpfopt/format.h"

#include <optional>

#include <CLI/CLI.hpp>

namespace bpfopt::cli {

struct OutputArguments {
  int d_count = 0;
  std::optional<Format> format;

  void AddTo(CLI::App& app);
  // --format wins; without anything, as -d.
  Format Chosen() const;
};

}  // namespace bpfopt::cli

#endif  // BPFOPT_CLI_OUTPUT_FORMAT_H
