// Resolves and lowers, after a look at the options that concern the meaning of the filter.
#include "driver/lowered_filter.h"

#include "driver/graph.h"
#include "frontend/print.h"
#include "frontend/resolve.h"
#include "ir/print.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::driver {
namespace {

Expected<frontend::Ast> Resolve(const frontend::Ast& parsed, const CompileOptions& options) {
  if (options.resolver != nullptr) return frontend::ResolveNames(parsed, *options.resolver);
  return frontend::ResolveNames(parsed, *SystemResolver());
}

}  // namespace

bool CanRunInKernel(int dlt, const ir::Function& function) {
  const bpf::CookedHeader cooked = bpf::CookedHeaderOf(dlt);
  for (std::uint32_t id = 0; id < function.value_count(); ++id) {
    const ir::Value* value = function.value(id);
    if (value->opcode() != ir::Opcode::kLoad || value->offset() >= cooked.header_bytes) continue;
    if (value->base() != nullptr) return false;
    const bool is_moved_wrongly =
        std::ranges::any_of(cooked.allowed, [&](const bpf::CookedHeader::Load& load) {
          return load.offset == value->offset() && load.width != value->width();
        });
    if (is_moved_wrongly) return false;
  }
  return true;
}

bpf::CookedHeader CookedHeaderFor(int dlt, const ir::Function& function) {
  bpf::CookedHeader cooked = bpf::CookedHeaderOf(dlt);
  const bpf::CookedHeader kernel = cooked;
  for (std::uint32_t id = 0; id < function.value_count(); ++id) {
    const ir::Value* value = function.value(id);
    if (value->opcode() != ir::Opcode::kLoad || value->base() != nullptr) continue;
    if (value->offset() >= cooked.header_bytes) continue;
    const bool is_rewritten = std::ranges::any_of(
        kernel.allowed, [&](const bpf::CookedHeader::Load& load) { return load.offset == value->offset(); });
    if (!is_rewritten) cooked.allowed.push_back({value->width(), value->offset()});
  }
  return cooked;
}

frontend::LowerOptions LowerOptionsFor(const frontend::LinkType& link_type, const CompileOptions& options) {
  return {.link_type = &link_type,
          .target = options.target,
          .snaplen = options.snaplen,
          .netmask = options.netmask,
          .origin = options.origin,
          .protochain_depth = options.protochain_depth};
}

Expected<frontend::Ast> ResolveFilter(const frontend::Ast& parsed, const CompileOptions& options,
                                      StageLog& log) {
  return log.Run(
      "resolve", [&] { return Resolve(parsed, options); },
      [](const auto& filter) { return filter ? frontend::PrintFilter(*filter) : std::string(); });
}

Expected<LoweredFilter> LowerFilter(const frontend::Ast& parsed, const CompileOptions& options,
                                    StageLog& log) {
  if (options.snaplen == 0) return InvalidInput("a snapshot length of 0 rejects every packet");
  if (options.protochain_depth < 1 || options.protochain_depth > kMaxProtochainDepth) {
    return InvalidInput(fmt::format("'protochain' follows 1 to {} headers, not {}", kMaxProtochainDepth,
                                    options.protochain_depth));
  }
  if (options.target == Target::kSeccomp) {
    return InvalidInput(
        "a filter on packets cannot be compiled for seccomp, whose programs see a system call");
  }
  const auto link_type = frontend::FindLinkType(options.link_type);
  if (!link_type) return tl::unexpected(link_type.error());

  auto resolved = ResolveFilter(parsed, options, log);
  if (!resolved) return tl::unexpected(resolved.error());

  const frontend::LowerOptions lower_options = LowerOptionsFor(**link_type, options);
  auto function = log.Run(
      "lower", [&] { return frontend::Lower(*resolved, lower_options); },
      [](const auto& lowered) { return lowered ? ir::Print(*lowered) : std::string(); },
      [](const auto& lowered) { return lowered ? MakeGraph(*lowered) : Graph(); });
  if (!function) return tl::unexpected(function.error());

  const bool had_names = !frontend::SameFilter(parsed, *resolved);
  const int dlt = (*link_type)->dlt;
  // For the kernel a program that it cannot follow is an error, which the backend reports.
  const bool kernel_follows = options.target != Target::kPcap || CanRunInKernel(dlt, *function);
  bpf::CookedHeader cooked = kernel_follows ? CookedHeaderFor(dlt, *function) : bpf::CookedHeader{};
  return LoweredFilter{std::move(*resolved), had_names,      *link_type,          dlt,
                       std::move(cooked),    kernel_follows, std::move(*function)};
}

}  // namespace bpfopt::driver
