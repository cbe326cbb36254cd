// The lowering is emitted as it is and held to libpcap's program. Only when it differs itself is the
// difference one of meaning, and not a mistake of a pass that would be as wrong under any libpcap.
#include "driver/libpcap_meaning.h"

#include "bpfopt/verify.h"
#include "driver/lifted_program.h"
#include "driver/source.h"

#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

namespace bpfopt::driver {
namespace {

// A packet on which the filter as it was lowered is decided otherwise than by its source; nothing where they
// are equal, or where no answer was found.
Expected<std::optional<Counterexample>> FindDifference(const Subject& lowered, const Program& source,
                                                       const CompileOptions& options) {
  const StageLog::Observer nobody;
  CompileStatistics unused;
  StageLog aside(nobody, unused);
  const auto built = Build(lowered, {"naive", 0, Relation::kStrict, {}}, options, aside);
  if (!built) return tl::unexpected(built.error());
  VerifyOptions verify;
  verify.target = options.target;
  verify.relation = options.relation;
  verify.steps = options.budgets.proof_steps;
  verify.nodes = options.budgets.proof_nodes;
  verify.interruption = options.interruption;
  auto verdict = Verify(source, built->program, verify);
  if (!verdict) return tl::unexpected(verdict.error());
  return std::move(verdict->counterexample);
}

Diagnostic NoteOfMeaning(std::string_view libpcap, const Counterexample& counterexample) {
  std::string packet = Describe(counterexample, "libpcap's", "bpfopt's");
  if (packet.ends_with('\n')) packet.pop_back();
  return {
      Diagnostic::Severity::kNote,
      fmt::format("libpcap {} understands this filter otherwise than bpfopt, which follows libpcap {}; the "
                  "program means what libpcap's does. They differ on this {}",
                  libpcap, kFollowedLibpcap, packet),
      std::nullopt};
}

}  // namespace

std::string_view VersionNumber(std::string_view text) {
  constexpr std::string_view kWord = "version ";
  const std::size_t word = text.find(kWord);
  if (word == std::string_view::npos) return {};
  text.remove_prefix(word + kWord.size());
  return text.substr(0, text.find(' '));
}

Expected<CompileResult> TakeMeaningOfLibpcap(const Subject& lowered, Refutation refutation,
                                             std::string_view libpcap, const CompileOptions& options,
                                             StageLog& log, const SizeExplainer& explain) {
  if (refutation.source.kind != SourceKind::kLibpcap || libpcap == kFollowedLibpcap)
    return tl::unexpected(MistakeOf(refutation));
  const auto difference = log.Run(
      "compare-meanings", [&] { return FindDifference(lowered, refutation.source.program, options); });
  if (!difference) return tl::unexpected(difference.error());
  if (!*difference) return tl::unexpected(MistakeOf(refutation));
  const auto function = LiftProgram(refutation.source.program, options.target, log);
  if (!function) return tl::unexpected(function.error());
  const Subject lifted{*function, lowered.cooked, lowered.dlt, /*is_lifted=*/true};
  auto chosen = ChooseProven(lifted, std::move(refutation.source), options, log, explain);
  if (!chosen) return tl::unexpected(chosen.error());
  if (const auto* refuted = std::get_if<Refutation>(&*chosen)) return tl::unexpected(MistakeOf(*refuted));
  auto result = std::get<CompileResult>(std::move(*chosen));
  result.libpcap_reads_otherwise = true;
  result.diagnostics.push_back(NoteOfMeaning(libpcap, **difference));
  return result;
}

}  // namespace bpfopt::driver
