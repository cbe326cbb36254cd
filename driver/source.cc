// Asks libpcap first, with every name already a number so that both compilers test the same addresses.
#include "driver/source.h"

#include "backend/emit.h"
#include "bpf/checker.h"
#include "bpfopt/libpcap.h"
#include "driver/spell_out.h"
#include "frontend/print.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

namespace bpfopt::driver {
namespace {

// Nodes for which libpcap generates at least one instruction each. Its parser and its generator recurse and
// are quadratic in places, so filters that cannot stay under the limit never reach it.
bool MakesInstructions(const frontend::Node& node) {
  return !std::holds_alternative<frontend::And>(node.kind) &&
         !std::holds_alternative<frontend::Or>(node.kind) &&
         !std::holds_alternative<frontend::Not>(node.kind);
}

// Text longer than this is printed anew before libpcap reads it: comments of a megabyte are not its problem.
constexpr std::size_t kMaxVerbatim = 64 * 1024;

std::string TextForLibpcap(const LoweredFilter& lowered, std::optional<std::string_view> text) {
  // What was written tests our parser and printer too; but names would be looked up a second time.
  if (text && !lowered.had_names && text->size() <= kMaxVerbatim &&
      text->find('\0') == std::string_view::npos) {
    return std::string(*text);
  }
  return SpellOut(lowered.filter, *lowered.link_type);
}

Expected<Program> AskLibpcap(const LoweredFilter& lowered, std::optional<std::string_view> text,
                             const CompileOptions& options) {
  if (frontend::UsesExtensions(lowered.filter))
    return InvalidInput("the filter uses words that libpcap lacks");
  const auto& nodes = lowered.filter.nodes;
  const auto lower_bound = std::count_if(nodes.begin(), nodes.end(), MakesInstructions);
  if (static_cast<std::size_t>(lower_bound) > kMaxLibpcapSource) {
    return InvalidInput(fmt::format("libpcap's program has more than {} instructions", kMaxLibpcapSource));
  }
  const LibpcapOptions libpcap_options = {.link_type = std::to_string(lowered.dlt),
                                          .snaplen = options.snaplen,
                                          .netmask = options.netmask,
                                          .origin = options.origin,
                                          .optimize = false};
  const std::string verbatim = TextForLibpcap(lowered, text);
  Expected<Program> program = CompileWithLibpcap(verbatim, libpcap_options);
  if (!program) {
    // The spelling may be ours alone: `ip & udp`.
    const std::string printed = SpellOut(lowered.filter, *lowered.link_type);
    if (printed != verbatim) program = CompileWithLibpcap(printed, libpcap_options);
  }
  if (!program) return InvalidInput("libpcap refuses the filter: " + program.error().message);
  if (program->size() > kMaxLibpcapSource) {
    return InvalidInput(fmt::format("libpcap's program has more than {} instructions", kMaxLibpcapSource));
  }
  const bpf::CheckOptions check = {.target = options.target,
                                   .limit = kMaxLibpcapSource,
                                   .link_type = lowered.dlt,
                                   .cooked = lowered.cooked};
  if (const auto violations = bpf::Check(*program, check); !violations.empty()) {
    return InvalidInput(fmt::format("libpcap's program has no meaning here: instruction {}: {}",
                                    violations[0].instruction, violations[0].reason));
  }
  return program;
}

}  // namespace

Expected<Source> MakeSource(const LoweredFilter& lowered, std::optional<std::string_view> text,
                            const CompileOptions& options) {
  Expected<Program> libpcap = AskLibpcap(lowered, text, options);
  if (libpcap) return Source{std::move(*libpcap), {}, SourceKind::kLibpcap, {}};

  auto emitted = backend::Emit(lowered.function, {.relation = Relation::kStrict,
                                                  .objective = options.objective,
                                                  .limit = kMaxSource,
                                                  .cooked = lowered.cooked,
                                                  .search_budget = 0});
  if (!emitted) return tl::unexpected(emitted.error());
  return Source{std::move(emitted->program), std::move(emitted->draws), SourceKind::kLowering,
                libpcap.error().message};
}

}  // namespace bpfopt::driver
