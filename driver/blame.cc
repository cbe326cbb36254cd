// Sets are counted. For other filters this walks down the tree while one operand holds most of the tests.
// Chains of one connective count as one list of operands, so that `a or b or c or ...` is not descended term
// by term.
#include "driver/blame.h"

#include "backend/emit.h"
#include "driver/entry_sets.h"
#include "driver/source.h"
#include "driver/tree.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::driver {
namespace {

using frontend::NodeId;

NodeId MostTests(const frontend::Ast& filter) {
  const std::vector<std::size_t> tests = CountTests(filter);
  NodeId here = filter.root();
  while (IsPredicateParent(filter.nodes[here])) {
    const std::vector<NodeId> operands = Operands(filter, here);
    const NodeId largest = *std::max_element(operands.begin(), operands.end(), [&](NodeId a, NodeId b) {
      return std::pair(tests[a], a) < std::pair(tests[b], b);
    });
    if (tests[largest] * 2 <= tests[filter.root()]) break;
    here = largest;
  }
  return here;
}

// Everything up to `root` in the vector; what does not belong to it is dropped.
frontend::Ast Extract(const frontend::Ast& filter, NodeId root) {
  std::vector<bool> wanted(filter.nodes.size(), false);
  wanted[root] = true;
  for (NodeId id = root + 1; id-- > 0;) {
    if (!wanted[id]) continue;
    ForEachChild(filter.nodes[id].kind, [&](NodeId child) { wanted[child] = true; });
  }
  std::vector<NodeId> renamed(filter.nodes.size(), 0);
  frontend::Ast part;
  for (NodeId id = 0; id <= root; ++id) {
    if (!wanted[id]) continue;
    frontend::Node node = filter.nodes[id];
    ForEachChild(node.kind, [&](NodeId& child) { child = renamed[child]; });
    renamed[id] = part.Add(std::move(node.kind), node.range);
  }
  return part;
}

// Where the part was written: from its first node to its last.
std::optional<SourceRange> RangeOf(const frontend::Ast& part) {
  std::optional<SourceRange> range;
  for (const frontend::Node& node : part.nodes) {
    if (node.range.begin == node.range.end) continue;
    if (!range) range = node.range;
    range->begin = std::min(range->begin, node.range.begin);
    range->end = std::max(range->end, node.range.end);
  }
  return range;
}

// Fewer of them are no set that the size could be told by.
constexpr std::size_t kFewestEntries = 8;
// That are named.
constexpr std::size_t kMostSets = 3;

// "line 2, column 7"; the line only where there are several.
std::string PlaceIn(std::string_view text, std::size_t place) {
  const std::string_view before = text.substr(0, place);
  const std::size_t line_end = before.rfind('\n');
  const std::size_t column = line_end == std::string_view::npos ? place + 1 : place - line_end;
  if (text.find('\n') >= text.size() - 1) return fmt::format("column {}", column);
  return fmt::format("line {}, column {}", std::count(before.begin(), before.end(), '\n') + 1, column);
}

std::string Describe(const EntrySet& set, std::optional<std::string_view> text) {
  std::string result = fmt::format("{} ", set.entries);
  result += set.words.empty() ? std::string("terms") : fmt::format("of '{}'", set.words);
  if (text && set.range) result += " at " + PlaceIn(*text, set.range->begin);
  return result;
}

}  // namespace

std::optional<Diagnostic> LargestPart(const LoweredFilter& lowered, const CompileOptions& options) {
  if (lowered.filter.empty()) return std::nullopt;
  const NodeId root = MostTests(lowered.filter);
  const frontend::Ast part = Extract(lowered.filter, root);
  const auto function = frontend::Lower(part, LowerOptionsFor(*lowered.link_type, options));
  if (!function) return std::nullopt;
  const auto emitted = backend::Emit(*function, {.relation = Relation::kStrict,
                                                 .objective = options.objective,
                                                 .limit = kMaxSource,
                                                 .cooked = lowered.cooked,
                                                 .search_budget = 0});
  if (!emitted) return std::nullopt;
  const bool is_list = IsPredicateParent(lowered.filter.nodes[root]);
  const std::size_t operands = is_list ? Operands(lowered.filter, root).size() : 1;
  std::string message = operands > 1 ? fmt::format("the largest part, {} terms", operands)
                                     : std::string("the largest part, one test");
  message += fmt::format(", makes {} instructions before any optimization", emitted->program.size());
  return Diagnostic{Diagnostic::Severity::kNote, std::move(message), RangeOf(part)};
}

std::optional<Diagnostic> ExplainSize(const LoweredFilter& lowered, std::optional<std::string_view> text,
                                      const CompileOptions& options, std::size_t instructions) {
  const std::vector<EntrySet> sets = FindEntrySets(lowered.filter);
  std::size_t entries = 0;
  std::size_t tests = 0;
  for (const EntrySet& set : sets) {
    entries += set.entries;
    tests += set.tests;
  }
  if (instructions == 0 || sets.empty() || sets[0].entries < kFewestEntries ||
      tests * 2 <= CountTests(lowered.filter).back()) {
    return LargestPart(lowered, options);
  }
  std::string named;
  for (std::size_t i = 0; i < std::min(sets.size(), kMostSets) && sets[i].entries * 10 >= sets[0].entries;
       ++i) {
    if (i > 0) named += ", ";
    named += Describe(sets[i], text);
  }
  const auto each = static_cast<double>(instructions) / static_cast<double>(entries);
  const auto fitting = static_cast<std::size_t>(static_cast<double>(options.limit) / each);
  std::string message = fmt::format("at {:.1f} instructions an entry about {} of {} entries fit; largest: {}",
                                    each, fitting, entries, named);
  return Diagnostic{Diagnostic::Severity::kNote, std::move(message), sets[0].range};
}

}  // namespace bpfopt::driver
