// The sets of a filter: tests of one kind that are joined by `or`, whoever wrote them out or read them from a
// list.
#ifndef BPFOPT_DRIVER_ENTRY_SETS_H
#define BPFOPT_DRIVER_ENTRY_SETS_H

#include "bpfopt/error.h"
#include "frontend/ast.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace bpfopt::driver {

// Of a host name one for each address and one more, of all other tests and numbers one: below each node.
std::vector<std::size_t> CountTests(const frontend::Ast& filter);

struct EntrySet {
  std::string words;        // that stand before its entries, such as "src host"; empty for a mixture of terms
  std::size_t entries = 0;  // at least two; a host name counts as often as it has addresses
  std::size_t tests = 0;    // that its entries consist of
  std::optional<SourceRange> range;
};

// Of the operands that one chain of `or` joins, those with the same protocol, direction and kind are one set,
// where hosts and nets are one kind, and ports and ranges of ports; so are those of `and` that begin with
// `not`. The largest comes first. Linear.
std::vector<EntrySet> FindEntrySets(const frontend::Ast& filter);

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_ENTRY_SETS_H
