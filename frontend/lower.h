// Tree to IR: the naive meaning of a filter, test by test in libpcap's unoptimized order, loads (guards)
// included. Nothing is optimized here but what hash-consing does by itself.
#ifndef BPFOPT_FRONTEND_LOWER_H
#define BPFOPT_FRONTEND_LOWER_H

#include "bpfopt/error.h"
#include "bpfopt/options.h"
#include "bpfopt/program.h"
#include "frontend/ast.h"
#include "frontend/link_type.h"
#include "ir/function.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace bpfopt::frontend {

struct LowerOptions {
  const LinkType* link_type = nullptr;
  Target target = Target::kPcap;
  std::uint32_t snaplen = 262144;            // what an accepting return keeps
  std::optional<std::uint32_t> netmask = 0;  // host order, for `ip broadcast`; nothing: unknown
  PacketOrigin origin = PacketOrigin::kInterface;
  std::uint32_t protochain_depth = kDefaultProtochainDepth;  // headers that `protochain` follows
};

// Headers of variable length before the link layer's payload.
struct VariableHeaders {
  bool link_header = false;  // what precedes the link-layer header
  bool payload = false;      // what precedes the payload
};

// Those whose lengths the tests of `filter`, which can be lowered, need.
VariableHeaders UsedVariableHeaders(const Ast& filter, const LowerOptions& options);

// Which test of the filter each block was made for, by the block's id; kNoTest: for none or for all of them.
using TestOfBlock = std::vector<NodeId>;
inline constexpr NodeId kNoTest = 0xffffffff;

// `filter` is resolved. Errors carry the place of the node at fault. Linear in the size of the tree.
Expected<ir::Function> Lower(const Ast& filter, const LowerOptions& options,
                             TestOfBlock* test_of_block = nullptr);

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_LOWER_H
