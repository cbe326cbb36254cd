// What the environment asks of the drop-in; docs/drop-in.md has the table of variables.
#ifndef BPFOPT_PRELOAD_SETTINGS_H
#define BPFOPT_PRELOAD_SETTINGS_H

#include "bpfopt/options.h"
#include "bpfopt/program.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace bpfopt::preload {

struct Settings {
  bool is_off = false;
  std::optional<int> level;  // nothing: by the size of the program (preload/decide.h)
  Relation relation = Relation::kFaithful;
  Objective objective = Objective::kBalanced;
  std::optional<ProofMode> proof;  // nothing: by the size of the program
  std::size_t cache_entries = 256;
  std::string log_file;  // absolute; empty: no log
  // Values that mean nothing, as "BPFOPT_LEVEL=9"; the defaults stand in for them. A preloaded library has
  // nobody to tell but its log.
  std::vector<std::string> ignored;
};

// As secure_getenv: null for a variable that is not set.
using Environment = std::function<const char*(const char* name)>;

Settings ReadSettings(const Environment& get);

}  // namespace bpfopt::preload

#endif  // BPFOPT_PRELOAD_SETTINGS_H
