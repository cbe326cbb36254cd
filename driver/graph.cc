// Takes the blocks' text from ir::Print, which names them b0, b1, ... in topological order.
#include "driver/graph.h"

#include "ir/graph.h"
#include "ir/print.h"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::driver {
namespace {

// The blocks of a printed function, its lines each, in the order of printing.
std::vector<std::vector<std::string>> SplitBlocks(std::string_view printed) {
  std::vector<std::vector<std::string>> blocks;
  while (!printed.empty()) {
    const std::size_t end = printed.find('\n');
    const std::string_view line = printed.substr(0, end);
    printed = end == std::string_view::npos ? std::string_view() : printed.substr(end + 1);
    if (line.empty() || line.front() == '}' || line.substr(0, 3) == "fn ") continue;
    if (line.front() != ' ') {  // "b0:" or "b1(%0):"
      blocks.push_back({std::string(line)});
    } else if (!blocks.empty()) {
      blocks.back().emplace_back(line);
    }
  }
  return blocks;
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

Graph MakeGraph(const ir::Function& function) {
  const std::vector<ir::Block*> order = ir::TopologicalOrder(function);
  std::vector<std::vector<std::string>> texts = SplitBlocks(ir::Print(function));
  texts.resize(order.size());
  std::map<const ir::Block*, std::size_t> names;
  for (std::size_t i = 0; i < order.size(); ++i) names.emplace(order[i], i);

  Graph graph;
  for (std::size_t i = 0; i < order.size(); ++i) {
    GraphBlock block{std::move(texts[i]), {}};
    for (std::size_t edge = 0; edge < order[i]->edge_count(); ++edge) {
      block.edges.push_back({names.at(order[i]->edge(edge).target), EdgeLabel(*order[i], edge)});
    }
    graph.blocks.push_back(std::move(block));
  }
  return graph;
}

}  // namespace bpfopt::driver
