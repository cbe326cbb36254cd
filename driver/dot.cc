// Graphs in the DOT language.
#include "driver/dot.h"

#include <cstddef>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace bpfopt::driver {
namespace {

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

}  // namespace

std::string FormatDot(const Graph& graph) {
  std::string dot = "digraph filter {\n  node [shape=box, fontname=\"monospace\"];\n";
  for (std::size_t i = 0; i < graph.blocks.size(); ++i) {
    const GraphBlock& block = graph.blocks[i];
    dot +=
        fmt::format("  b{} [label=\"{}\"];\n", i, EscapeLabel(fmt::to_string(fmt::join(block.lines, "\n"))));
    for (const GraphEdge& edge : block.edges) {
      dot += fmt::format("  b{} -> b{}", i, edge.target);
      dot += edge.label.empty() ? ";\n" : fmt::format(" [label=\"{}\"];\n", EscapeLabel(edge.label));
    }
  }
  return dot + "}\n";
}

}  // namespace bpfopt::driver
