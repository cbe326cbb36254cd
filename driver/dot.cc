// Takes the blocks' text from ir::Print, which names them b0, b1, ... in topological order.
#include "driver/dot.h"

#include "ir/graph.h"
#include "ir/print.h"

#include <cstddef>
#include <map>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::driver {
namespace {

// The blocks of a printed function, one text each without the header line, in the order of printing.
std::vector<std::string> SplitBlocks(std::string_view printed) {
  std::vector<std::string> blocks;
  while (!printed.empty()) {
    const std::size_t end = printed.find('\n');
    const std::string_view line = printed.substr(0, end);
    printed = end == std::string_view::npos ? std::string_view() : printed.substr(end + 1);
    if (line.empty() || line.front() == '}' || line.substr(0, 3) == "fn ") continue;
    if (line.front() != ' ') {  // "b0:" or "b1(%0):"
      blocks.emplace_back(line);
    } else if (!blocks.empty()) {
      blocks.back().append("\n").append(line);
    }
  }
  return blocks;
}

// Lines are left-aligned in the node.
std::string EscapeLabel(std::string_view text) {
  std::string label;
  for (const char c : text) {
    if (c == '\n') {
      label += "\\l";
    } else {
      if (c == '"' || c == '\\') label += '\\';
      label += c;
    }
  }
  return label + "\\l";
}

std::string EdgeLabel(const ir::Block& block, std::size_t index) {
  if (std::holds_alternative<ir::Branch>(block.terminator)) return index == 0 ? "true" : "false";
  const auto* cases = std::get_if<ir::Switch>(&block.terminator);
  if (cases == nullptr) return "";
  std::string label;
  for (std::size_t i = 0; i < cases->cases.size(); ++i) {
    if (cases->cases[i].edge != index) continue;
    const std::uint32_t first = cases->cases[i].first;
    const std::uint32_t last = i + 1 < cases->cases.size() ? cases->cases[i + 1].first - 1 : 0xffffffff;
    if (!label.empty()) label += "\n";
    label += first == last ? fmt::format("{:#x}", first) : fmt::format("{:#x}..{:#x}", first, last);
  }
  return label;
}

}  // namespace

std::string FormatDot(const ir::Function& function) {
  const std::vector<ir::Block*> order = ir::TopologicalOrder(function);
  const std::vector<std::string> texts = SplitBlocks(ir::Print(function));
  std::map<const ir::Block*, std::size_t> names;
  for (std::size_t i = 0; i < order.size(); ++i) names.emplace(order[i], i);

  std::string dot = "digraph filter {\n  node [shape=box, fontname=\"monospace\"];\n";
  for (std::size_t i = 0; i < order.size(); ++i) {
    dot += fmt::format("  b{} [label=\"{}\"];\n", i, EscapeLabel(i < texts.size() ? texts[i] : ""));
    for (std::size_t edge = 0; edge < order[i]->edge_count(); ++edge) {
      const std::string label = EdgeLabel(*order[i], edge);
      dot += fmt::format("  b{} -> b{}", i, names.at(order[i]->edge(edge).target));
      dot += label.empty() ? ";\n" : fmt::format(" [label=\"{}\"];\n", EscapeLabel(label));
    }
  }
  return dot + "}\n";
}

}  // namespace bpfopt::driver
