// The whole pipeline: text or predicate -> tree -> names resolved -> IR -> candidates -> proven program.
#include "bpfopt/compiler.h"
#include "bpfopt/libpcap.h"
#include "driver/blame.h"
#include "driver/candidate.h"
#include "driver/dot.h"
#include "driver/graph.h"
#include "driver/guarantee.h"
#include "driver/interrupted.h"
#include "driver/libpcap_meaning.h"
#include "driver/lowered_filter.h"
#include "driver/source.h"
#include "driver/stage_log.h"
#include "driver/warnings.h"
#include "frontend/embedded.h"
#include "frontend/parser.h"
#include "frontend/print.h"
#include "ir/print.h"
#include "passes/pass.h"

#include <optional>
#include <utility>
#include <variant>

namespace bpfopt {
namespace {

using driver::LoweredFilter;
using driver::StageLog;

Expected<frontend::Ast> ParseText(std::string_view filter, const CompileOptions& options, StageLog& log) {
  return log.Run(
      "parse", [&] { return frontend::ParseFilter(filter, options.read_file); },
      [](const auto& ast) { return ast ? frontend::PrintFilter(*ast) : std::string(); });
}

// The best program that is proven; where the libpcap in use understands the filter otherwise, of its meaning.
Expected<CompileResult> MakeProgram(const LoweredFilter& lowered, driver::Source source,
                                    const CompileOptions& options, StageLog& log,
                                    const driver::SizeExplainer& explain) {
  const driver::Subject subject{lowered.function, lowered.cooked, lowered.dlt};
  auto chosen = driver::ChooseProven(subject, std::move(source), options, log, explain);
  if (!chosen) return tl::unexpected(chosen.error());
  auto* refuted = std::get_if<driver::Refutation>(&*chosen);
  if (refuted == nullptr) return std::get<CompileResult>(std::move(*chosen));
  const std::string libpcap = LibpcapVersion();
  return driver::TakeMeaningOfLibpcap(subject, std::move(*refuted), driver::VersionNumber(libpcap), options,
                                      log, explain);
}

// `text` is the filter as it was written, when it was.
Expected<CompileResult> CompileParsed(Expected<frontend::Ast> parsed, std::optional<std::string_view> text,
                                      const CompileOptions& options, StageLog& log) {
  if (!parsed) return tl::unexpected(parsed.error());
  if (auto go_on = driver::CheckInterruption(options.interruption); !go_on)
    return tl::unexpected(go_on.error());
  if (auto valid = driver::CheckEffort(options); !valid) return tl::unexpected(valid.error());
  auto lowered = LowerFilter(*parsed, options, log);
  if (!lowered) return tl::unexpected(lowered.error());
  auto source = log.Run("source", [&] { return driver::MakeSource(*lowered, text, options); });
  if (!source) return tl::unexpected(source.error());
  std::optional<Diagnostic> of_source = source->diagnostic;
  const auto explain = [&](std::size_t instructions) {
    return driver::ExplainSize(*lowered, text, options, instructions);
  };
  auto result = MakeProgram(*lowered, std::move(*source), options, log, explain);
  if (!result) return result;
  if (!result->libpcap_reads_otherwise) {
    for (Diagnostic& warning : driver::WarnOfMisleadingWords(lowered->filter))
      result->diagnostics.push_back(std::move(warning));
  }
  result->kernel_follows = lowered->kernel_follows;
  if (!lowered->kernel_follows)
    result->diagnostics.push_back(driver::NoteOfCookedHeader(*lowered->link_type));
  if (of_source) result->diagnostics.push_back(std::move(*of_source));
  for (Diagnostic& warning : driver::WarnOfChains(lowered->filter, options.protochain_depth)) {
    result->diagnostics.push_back(std::move(warning));
  }
  if (!lowered->filter.empty()) {
    if (auto warning = driver::WarnOfConstantFilter(result->program)) {
      result->diagnostics.push_back(std::move(*warning));
    }
  }
  result->statistics = log.statistics();
  return result;
}

// The function at the end of the passes, or after `stop_after`.
Expected<ir::Function> OptimizedFunction(std::string_view filter, const CompileOptions& options,
                                         std::string_view stop_after) {
  CompileStatistics statistics;
  StageLog log(options.observer, statistics);
  if (auto valid = driver::CheckEffort(options); !valid) return tl::unexpected(valid.error());
  auto parsed = ParseText(filter, options, log);
  if (!parsed) return tl::unexpected(parsed.error());
  auto lowered = LowerFilter(*parsed, options, log);
  if (!lowered) return tl::unexpected(lowered.error());
  if (stop_after != "lower") {
    auto done = driver::RunPasses(lowered->function, driver::MainRecipe(options, /*is_lifted=*/false),
                                  options, lowered->cooked, stop_after, log);
    if (done) done = driver::CheckInterruption(options.interruption);
    if (!done) return tl::unexpected(done.error());
  }
  return std::move(lowered->function);
}

Expected<std::string> ParsedFilter(std::string_view filter, const CompileOptions& options, bool resolves) {
  CompileStatistics statistics;
  StageLog log(options.observer, statistics);
  auto parsed = ParseText(filter, options, log);
  if (parsed && resolves) parsed = driver::ResolveFilter(*parsed, options, log);
  if (!parsed) return tl::unexpected(parsed.error());
  return frontend::PrintFilter(*parsed) + "\n";
}

}  // namespace

Expected<CompileResult> Compile(std::string_view filter, const CompileOptions& options) {
  CompileStatistics statistics;
  StageLog log(options.observer, statistics);
  return CompileParsed(ParseText(filter, options, log), filter, options, log);
}

Expected<CompileResult> Compile(const filter::Predicate& predicate, const CompileOptions& options) {
  CompileStatistics statistics;
  StageLog log(options.observer, statistics);
  return CompileParsed(frontend::BuildAst(predicate), std::nullopt, options, log);
}

Expected<std::string> CompileToIr(std::string_view filter, const CompileOptions& options,
                                  std::string_view stop_after) {
  if (stop_after == "parse" || stop_after == "resolve") {
    return ParsedFilter(filter, options, stop_after == "resolve");
  }
  auto function = OptimizedFunction(filter, options, stop_after);
  if (!function) return tl::unexpected(function.error());
  return ir::Print(*function);
}

Expected<std::string> CompileToDot(std::string_view filter, const CompileOptions& options) {
  auto function = OptimizedFunction(filter, options, {});
  if (!function) return tl::unexpected(function.error());
  return driver::FormatDot(driver::MakeGraph(*function));
}

std::vector<PassInfo> Passes() {
  std::vector<PassInfo> infos;
  for (const passes::Pass& pass : passes::AllPasses()) infos.push_back({pass.name, pass.description});
  return infos;
}

std::string_view Version() { return BPFOPT_VERSION; }

}  // namespace bpfopt
