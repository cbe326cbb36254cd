// The command line of bpfopt-bench.
#ifndef BPFOPT_BENCH_ARGUMENTS_H
#define BPFOPT_BENCH_ARGUMENTS_H

#include "bench/baseline.h"
#include "bench/parts.h"
#include "bpfopt/compiler.h"

#include <string>
#include <variant>
#include <vector>

namespace bpfopt::bench {

// Measurements of one run, and the files that they go to; none: standard output has the JSON.
struct Documents {
  std::vector<std::string> parts;    // none: all
  std::string results;               // a file in Markdown; empty: none
  std::string page;                  // a file in HTML; empty: none
  std::vector<std::string> updated;  // documents whose figures are replaced
};

struct Arguments {
  enum class Mode { kPart, kDocuments, kBaseline };
  enum class Form { kText, kMarkdown, kJson };

  Mode mode = Mode::kPart;
  std::string part = "sizes";  // of kPart
  Form form = Form::kText;
  std::string corpus;  // a directory
  CompileOptions options;
  PartOptions how;
  Documents documents;
  BaselineOptions baseline;
};

// Arguments, or what the process is to exit with: what there was to say has been printed.
std::variant<Arguments, int> ParseArguments(int argc, char** argv);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_ARGUMENTS_H
