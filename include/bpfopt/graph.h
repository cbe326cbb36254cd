// A control-flow graph as a picture needs it.
#ifndef BPFOPT_GRAPH_H
#define BPFOPT_GRAPH_H

#include <cstddef>
#include <string>
#include <vector>

namespace bpfopt {

struct GraphEdge {
  std::size_t target = 0;  // index of a block
  std::string label;       // "true", "false", the words of a switch's arm on lines of their own; or empty

  friend bool operator==(const GraphEdge&, const GraphEdge&) = default;
};

struct GraphBlock {
  std::vector<std::string> lines;  // in the grammar of docs/ir.md; the first is its name, such as "b3(%0):"
  std::vector<GraphEdge> edges;

  friend bool operator==(const GraphBlock&, const GraphBlock&) = default;
};

struct Graph {
  std::vector<GraphBlock> blocks;  // in a topological order; the first is the entry

  friend bool operator==(const Graph&, const Graph&) = default;
};

}  // namespace bpfopt

#endif  // BPFOPT_GRAPH_H
