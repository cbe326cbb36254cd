// Why does a program look as it does? The parts of a filter, and the instructions that come from each.
//
//   const bpfopt::Program program = bpfopt::Compile("tcp port 80 and host 192.0.2.1").value().program;
//   const bpfopt::Attribution explained =
//       bpfopt::AttributeInstructions("tcp port 80 and host 192.0.2.1", {}, {&program}).value();
//   // What instruction 4 asks for: indices into explained.parts, which have the text and its place.
//   const std::vector<std::size_t>& parts = explained.programs[0][4];
//
// Nothing here prints, exits, throws or keeps state.
#ifndef BPFOPT_EXPLAIN_H
#define BPFOPT_EXPLAIN_H

#include "bpfopt/compiler.h"
#include "bpfopt/error.h"
#include "bpfopt/export.h"
#include "bpfopt/program.h"

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bpfopt {

// A test of the filter, or, where there are many, a chain of tests that share a connective.
struct FilterPart {
  std::optional<SourceRange> range;  // where in the filter; ranges of two parts do not overlap
  std::string text;

  friend bool operator==(const FilterPart&, const FilterPart&) = default;
};

struct Attribution {
  std::vector<FilterPart> parts;  // in the order of writing, at most kMostParts
  // By program and instruction: indices into `parts`, ascending. Returns, unconditional jumps, what no
  // test uses, and tests in front of all others of how long a header is, come from none.
  std::vector<std::vector<std::vector<std::size_t>>> programs;

  friend bool operator==(const Attribution&, const Attribution&) = default;
};

inline constexpr std::size_t kMostParts = 24;

// A conditional jump comes from the parts that ask about the same bits of the packet, and if both compare for
// equality, for the same values of those bits; where there is none, from those that read the same bytes.
// Everything else comes from the parts whose tests use what it computes. So the programs need not be made by
// bpfopt. Errors: those of the filter.
BPFOPT_API Expected<Attribution> AttributeInstructions(std::string_view filter, const CompileOptions& options,
                                                       std::initializer_list<const Program*> programs);

}  // namespace bpfopt

#endif  // BPFOPT_EXPLAIN_H
