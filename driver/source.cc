// Asks libpcap first, with every name already a number so that both compilers test the same addresses.
#include "driver/source.h"

#include "backend/emit.h"
#include "bpf/checker.h"
#include "bpf/opcode.h"
#include "bpfopt/libpcap.h"
#include "driver/spell_out.h"
#include "frontend/header_words.h"
#include "frontend/print.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

namespace bpfopt::driver {
namespace {

bool IsArithmetic(const frontend::Node& node) {
  return std::holds_alternative<frontend::Literal>(node.kind) ||
         std::holds_alternative<frontend::PacketLength>(node.kind) ||
         std::holds_alternative<frontend::Accessor>(node.kind) ||
         std::holds_alternative<frontend::Binary>(node.kind) ||
         std::holds_alternative<frontend::Negate>(node.kind);
}

// What libpcap's program has at least: it loads something in front of each of its tests, and has a test for
// each of ours. Its parser and its generator recurse and are quadratic in places, so filters whose program
// cannot stay under the limit never reach it. Long arithmetic makes one long block.
std::size_t FewestInstructions(const LoweredFilter& lowered) {
  std::size_t tests = 0;
  for (std::size_t id = 0; id < lowered.function.block_count(); ++id) {
    const ir::Block& block = *lowered.function.block(static_cast<std::uint32_t>(id));
    if (std::holds_alternative<ir::Branch>(block.terminator)) ++tests;
  }
  const auto operands = std::count_if(lowered.filter.nodes.begin(), lowered.filter.nodes.end(),
                                      [](const frontend::Node& node) { return IsArithmetic(node); });
  return std::max(2 * tests, static_cast<std::size_t>(operands));
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

// A loop has no meaning here, and no kernel takes it.
bool FollowsChains(const frontend::Ast& filter) {
  return std::any_of(filter.nodes.begin(), filter.nodes.end(), [](const frontend::Node& node) {
    const auto* test = std::get_if<frontend::Test>(&node.kind);
    return test != nullptr && test->qualifier.kind == frontend::AddressKind::kProtoChain;
  });
}

// Asks the kernel for the tag that it has taken out of the frame: libpcap does so when it is about to
// capture, and there is no capture here whose program it could make.
bool AsksForStrippedTags(const ir::Function& function) {
  for (std::uint32_t id = 0; id < function.value_count(); ++id) {
    const ir::Value& value = *function.value(id);
    if (value.opcode() == ir::Opcode::kAncillary && value.offset() == bpf::kAncillaryVlanTagPresent)
      return true;
  }
  return false;
}

LibpcapOptions OptionsForLibpcap(const LoweredFilter& lowered, const CompileOptions& options, bool optimize) {
  return {.link_type = std::to_string(lowered.dlt),
          .snaplen = options.snaplen,
          .netmask = options.netmask,
          .origin = options.origin,
          .optimize = optimize};
}

std::optional<Program> MakeYardstick(const Program& source, const LoweredFilter& lowered,
                                     const CompileOptions& options) {
  const bool is_wanted = options.level >= 2 && options.objective == Objective::kBalanced;
  if (!is_wanted || source.size() > kMaxYardstick) return std::nullopt;
  auto program = CompileWithLibpcap(SpellOut(lowered.filter, *lowered.link_type),
                                    OptionsForLibpcap(lowered, options, /*optimize=*/true));
  if (!program) return std::nullopt;
  return std::move(*program);
}

Expected<Program> AskLibpcap(const LoweredFilter& lowered, std::optional<std::string_view> text,
                             const CompileOptions& options) {
  if (frontend::UsesExtensions(lowered.filter))
    return InvalidInput("the filter uses words that libpcap lacks");
  if (FollowsChains(lowered.filter)) {
    return InvalidInput("libpcap's program loops over the headers of 'protochain'");
  }
  if (AsksForStrippedTags(lowered.function)) {
    return InvalidInput("libpcap asks the kernel for VLAN tags only on an interface that it has opened");
  }
  if (FewestInstructions(lowered) > kMaxLibpcapSource) {
    return InvalidInput(fmt::format("libpcap's program has more than {} instructions", kMaxLibpcapSource));
  }
  const LibpcapOptions libpcap_options = OptionsForLibpcap(lowered, options, /*optimize=*/false);
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
  std::optional<Diagnostic> diagnostic;
  if (libpcap &&
      frontend::LosesHeaderPlaces(*libpcap, lowered.filter, LowerOptionsFor(*lowered.link_type, options))) {
    libpcap = InvalidInput("libpcap's program loses the places of headers that it needs");
    diagnostic = Diagnostic{Diagnostic::Severity::kNote,
                            "libpcap's program for this filter is wrong: its arithmetic overwrites the "
                            "places of headers; this one does what the filter says",
                            std::nullopt};
  }
  if (libpcap) {
    Source source{std::move(*libpcap), {}, SourceKind::kLibpcap, {}};
    source.yardstick = MakeYardstick(source.program, lowered, options);
    return source;
  }

  auto emitted = backend::Emit(lowered.function, {.relation = Relation::kStrict,
                                                  .objective = options.objective,
                                                  .limit = kMaxSource,
                                                  .cooked = lowered.cooked,
                                                  .search_budget = 0});
  if (!emitted) return tl::unexpected(emitted.error());
  return Source{std::move(emitted->program), std::move(emitted->draws), SourceKind::kLowering,
                libpcap.error().message, std::move(diagnostic)};
}

}  // namespace bpfopt::driver
