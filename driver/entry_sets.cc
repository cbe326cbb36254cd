// Each node learns the top of the chain that it is an operand of, and is counted there under its qualifier.
#include "driver/entry_sets.h"

#include "driver/tree.h"
#include "frontend/print.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <variant>

namespace bpfopt::driver {
namespace {

using frontend::AddressKind;
using frontend::NodeId;
using frontend::Qualifier;

// By the words before the entries; nothing for terms of other forms.
using Words = std::optional<std::tuple<AddressKind, frontend::Protocol, frontend::Direction>>;

Words WordsOf(const frontend::Node& node) {
  const auto* test = std::get_if<frontend::Test>(&node.kind);
  if (test == nullptr) return std::nullopt;
  AddressKind kind = test->qualifier.kind;
  if (kind == AddressKind::kDefault || kind == AddressKind::kNet) kind = AddressKind::kHost;
  if (kind == AddressKind::kPortRange) kind = AddressKind::kPort;
  return std::tuple(kind, test->qualifier.protocol, test->qualifier.direction);
}

std::size_t CountOf(const frontend::Node& node) {
  const auto* test = std::get_if<frontend::Test>(&node.kind);
  const auto* hosts = test != nullptr ? std::get_if<frontend::Hosts>(&test->id) : nullptr;
  return hosts != nullptr ? hosts->addresses.size() : 1;
}

void Extend(std::optional<SourceRange>& range, const SourceRange& more) {
  if (more.begin == more.end) return;
  if (!range) range = more;
  range->begin = std::min(range->begin, more.begin);
  range->end = std::max(range->end, more.end);
}

class Finder {
 public:
  explicit Finder(const frontend::Ast& filter)
      : filter_(filter), tests_(CountTests(filter)), tops_(filter.nodes.size()) {}

  std::vector<EntrySet> Find() {
    // Parents come after their children.
    for (NodeId id = static_cast<NodeId>(filter_.nodes.size()); id-- > 0;) Visit(id);
    std::vector<EntrySet> sets;
    for (auto& [key, set] : sets_) {
      if (set.entries < 2) continue;
      // What is a whole chain stands where that stands, with the words before it.
      if (chain_sets_[key.first] == 1) Extend(set.range, filter_.nodes[key.first].range);
      if (key.second) {
        const auto& [kind, protocol, direction] = *key.second;
        set.words = frontend::PrintQualifier({kind, protocol, direction});
      }
      sets.push_back(std::move(set));
    }
    std::stable_sort(sets.begin(), sets.end(),
                     [](const EntrySet& a, const EntrySet& b) { return a.entries > b.entries; });
    return sets;
  }

 private:
  void Visit(NodeId id) {
    const frontend::Node& node = filter_.nodes[id];
    const bool joins =
        std::holds_alternative<frontend::Or>(node.kind) || std::holds_alternative<frontend::And>(node.kind);
    if (joins) {
      const NodeId top = tops_[id] && SameConnective(*tops_[id], id) ? *tops_[id] : id;
      ForEachChild(node.kind, [&](NodeId child) { tops_[child] = top; });
    }
    if (!tops_[id] || SameConnective(*tops_[id], id)) return;
    Count(*tops_[id], id);
  }

  void Count(NodeId top, NodeId id) {
    const frontend::Node& node = filter_.nodes[id];
    const frontend::Node* entry = &node;
    if (std::holds_alternative<frontend::And>(filter_.nodes[top].kind)) {
      const auto* negated = std::get_if<frontend::Not>(&node.kind);
      entry = negated != nullptr ? &filter_.nodes[negated->operand] : nullptr;
      if (entry == nullptr || !WordsOf(*entry)) {
        ++chain_sets_[top];  // of something else, which is no set
        return;
      }
    }
    const auto [found, is_new] = sets_.try_emplace({top, WordsOf(*entry)});
    if (is_new) ++chain_sets_[top];
    found->second.entries += CountOf(*entry);
    found->second.tests += tests_[id];
    Extend(found->second.range, node.range);
  }

  bool SameConnective(NodeId a, NodeId b) const {
    return filter_.nodes[a].kind.index() == filter_.nodes[b].kind.index();
  }

  const frontend::Ast& filter_;
  std::vector<std::size_t> tests_;
  std::vector<std::optional<NodeId>> tops_;  // of the chain that a node is in
  std::map<std::pair<NodeId, Words>, EntrySet> sets_;
  std::map<NodeId, std::size_t> chain_sets_;
};

}  // namespace

// Children come before their parents in the vector.
std::vector<std::size_t> CountTests(const frontend::Ast& filter) {
  std::vector<std::size_t> tests(filter.nodes.size(), 0);
  for (std::size_t id = 0; id < filter.nodes.size(); ++id) {
    ForEachChild(filter.nodes[id].kind, [&](NodeId child) { tests[id] += tests[child]; });
    if (tests[id] == 0) tests[id] = 1;
    // A host name may stand for many addresses.
    if (const auto* test = std::get_if<frontend::Test>(&filter.nodes[id].kind)) {
      if (const auto* hosts = std::get_if<frontend::Hosts>(&test->id)) tests[id] += hosts->addresses.size();
    }
  }
  return tests;
}

std::vector<EntrySet> FindEntrySets(const frontend::Ast& filter) { return Finder(filter).Find(); }

}  // namespace bpfopt::driver
