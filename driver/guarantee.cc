// Candidates are made from the one that the options ask for to the plain ones, ordered by the objective and
// proven in that order until one holds.
#include "driver/guarantee.h"

#include "bpf/checker.h"
#include "bpf/likelihood.h"
#include "bpfopt/verify.h"
#include "driver/interrupted.h"
#include "driver/superoptimize.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::driver {
namespace {

struct Attempt {
  Candidate report;
  Built built;  // empty when too large
  bool is_source = false;
};

// How much longer than libpcap's the path of a balanced program may be before a larger program is taken.
constexpr double kLongestPath = 1.15;

class Choice {
 public:
  Choice(const Subject& subject, Source source, const CompileOptions& options, StageLog& log,
         const SizeExplainer& explain)
      : subject_(subject), source_(std::move(source)), options_(options), log_(log), explain_(explain) {}

  Expected<std::variant<CompileResult, Refutation>> Make() {
    if (auto made = MakeCandidates(); !made) return tl::unexpected(made.error());
    Sort();
    if (options_.level >= 3 && Proof() != ProofMode::kOff) {
      log_.Run("superoptimize", [&] { return SuperoptimizeBest(), 0; });
      Sort();
    }
    if (auto made = PreferQuickEnough(); !made) return tl::unexpected(made.error());
    auto chosen = Proof() == ProofMode::kOff ? TakeFirst() : ProveInOrder();
    if (auto go_on = CheckInterruption(options_.interruption); !go_on) return tl::unexpected(go_on.error());
    if (!chosen) return tl::unexpected(chosen.error());
    if (refutation_) return Refute();
    return Finish(**chosen);
  }

 private:
  ProofMode Proof() const {
    return options_.proof.value_or(options_.level >= 2 ? ProofMode::kOn : ProofMode::kOff);
  }

  Expected<void> MakeCandidates() {
    const Recipe main = MainRecipe(options_, subject_.is_lifted);
    if (auto tried = Try(main, log_); !tried) return tried;
    for (const Recipe& recipe : OtherRecipes(options_, subject_.is_lifted)) {
      if (IsSameAs(recipe, main) || IsFarTooLarge()) continue;
      if (auto tried = TryAside(recipe); !tried) return tried;
    }
    const bool source_fits = TrySource();
    // Below level 2 a plainer program was asked for, and without a proof there is nothing to fall back from.
    if (!source_fits && main.level > 0 && Proof() != ProofMode::kOff && !IsFarTooLarge()) {
      return TryAside({"naive", 0, Relation::kStrict, {}});
    }
    return {};
  }

  Expected<void> Try(const Recipe& recipe, StageLog& log) {
    if (auto go_on = CheckInterruption(options_.interruption); !go_on) return go_on;
    Attempt attempt;
    attempt.report.name = recipe.name;
    auto built = Build(subject_, recipe, options_, log);
    if (built && attempts_.empty()) main_passes_ = built->effective_passes;
    if (!built && built.error().code != ErrorCode::kTooLarge) return tl::unexpected(built.error());
    if (built) attempt.report.instructions = built->program.size();
    if (built && built->program.size() > options_.limit) {
      attempt.report.outcome = Candidate::Outcome::kTooLarge;
      attempt.report.detail = DescribeExcess(built->program.size());
    } else if (built) {
      attempt.built = std::move(*built);
      attempt.report.expected_path = bpf::ExpectedPath(attempt.built.program);
    } else {
      attempt.report.outcome = Candidate::Outcome::kTooLarge;
      attempt.report.detail = built.error().message;
    }
    attempts_.push_back(std::move(attempt));
    return {};
  }

  // The best candidates as they are, and with their windows made shorter. Each step is proven as it is made:
  // one that is not equal is no bug, and not taken.
  void SuperoptimizeBest() {
    constexpr std::size_t kBest = 2;
    constexpr std::size_t kFarBehind = 3;  // instructions that windows are not expected to make up for
    const std::size_t fewest = attempts_.front().report.instructions;
    std::vector<Program> tried;
    for (std::size_t i = 0; i < attempts_.size() && tried.size() < kBest; ++i) {
      const Attempt attempt = attempts_[i];
      if (attempt.report.outcome == Candidate::Outcome::kTooLarge) continue;
      if (attempt.report.instructions > fewest + kFarBehind) continue;
      if (std::find(tried.begin(), tried.end(), attempt.built.program) != tried.end()) continue;
      tried.push_back(attempt.built.program);
      Attempt next;
      next.report.name = "superoptimized";
      const auto is_proven = [&](const Built& built) {
        Attempt step;
        step.built = built;
        const auto verdict = Ask(step);
        if (verdict) CountProof(*verdict);
        return verdict && verdict->answer == Answer::kEqual;
      };
      const Superoptimized made = Superoptimize(attempt.built, subject_, options_, {}, is_proven);
      auto& counters = log_.statistics().counters;
      counters["superoptimize.windows"] += made.windows;
      counters["superoptimize.refuted"] += made.refuted;
      counters["superoptimize.replaced"] += made.replaced;
      if (made.replaced == 0) continue;
      next.built = made.built;
      next.report.instructions = next.built.program.size();
      next.report.expected_path = bpf::ExpectedPath(next.built.program);
      attempts_.push_back(std::move(next));
    }
  }

  std::string DescribeExcess(std::size_t instructions) const {
    return fmt::format("the {} needs {} instructions, {} more than the {} allowed",
                       subject_.is_lifted ? "program" : "filter", instructions, instructions - options_.limit,
                       options_.limit);
  }

  // None of the ways to compile halves a program: where the first one's is that far over the limit, the
  // others are not worth the wait.
  bool IsFarTooLarge() const {
    const std::size_t instructions = attempts_.front().report.instructions;
    return instructions / 2 > options_.limit;
  }

  // Would `recipe` make the program that `main` has made? So it is when it only leaves out what did nothing.
  bool IsSameAs(const Recipe& recipe, const Recipe& main) const {
    if (recipe.level != main.level || recipe.relation != main.relation || main_passes_.empty()) return false;
    return std::none_of(recipe.disabled.begin(), recipe.disabled.end(),
                        [&](std::string_view pass) { return main_passes_.contains(pass); });
  }

  // Without the observer, and with one line in the timings: its passes are not those that were asked for.
  Expected<void> TryAside(const Recipe& recipe) {
    const StageLog::Observer nobody;
    CompileStatistics unused;
    StageLog aside(nobody, unused);
    return log_.Run("other-candidates", [&] { return Try(recipe, aside); });
  }

  bool TrySource() {
    const bpf::CheckOptions check = {.target = options_.target,
                                     .limit = options_.limit,
                                     .link_type = subject_.dlt,
                                     .cooked = subject_.cooked};
    if (source_.program.size() > options_.limit || !bpf::Check(source_.program, check).empty()) return false;
    // What a filter was lowered to can always be emitted; a program may keep more than our backend can hold.
    const bool is_needed = subject_.is_lifted || options_.level > 0 || Proof() != ProofMode::kOff;
    if (!is_needed) return true;
    Attempt attempt;
    attempt.is_source = true;
    attempt.report.name = "source";
    attempt.report.instructions = source_.program.size();
    attempt.report.expected_path = bpf::ExpectedPath(source_.program);
    attempt.built = {source_.program, source_.draws, {}};
    attempts_.push_back(std::move(attempt));
    return true;
  }

  // A source that asks again what it has asked looks shorter on its path than it is: outcomes that depend on
  // one another count as independent.
  bool IsSourceLast() const {
    if (options_.level == 0) return true;
    return options_.objective == Objective::kSpeed && source_.kind != SourceKind::kProgram;
  }

  bool IsBetter(const Attempt& a, const Attempt& b) const {
    const auto rank = [&](const Attempt& attempt) {
      const bool too_large = attempt.report.outcome == Candidate::Outcome::kTooLarge;
      // -O0 is what was written, even where the source is smaller.
      const bool last = attempt.is_source && IsSourceLast();
      // A program that nothing is better than comes back as it was.
      const bool changed = source_.kind == SourceKind::kProgram && !attempt.is_source;
      const auto size = static_cast<double>(attempt.report.instructions);
      double path = attempt.report.expected_path;
      if (options_.objective == Objective::kSpeed && !too_large) {
        path += bpf::ExpectedPath(attempt.built.program, bpf::Traffic::kForeign);
      }
      return options_.objective == Objective::kSpeed ? std::make_tuple(too_large, last, path, size, changed)
                                                     : std::make_tuple(too_large, last, size, path, changed);
    };
    return rank(a) < rank(b);
  }

  void Sort() {
    std::stable_sort(attempts_.begin(), attempts_.end(),
                     [&](const Attempt& a, const Attempt& b) { return IsBetter(a, b); });
  }

  // On the packets that the table knows, and on those and strangers together: on strangers alone a few
  // instructions are everything.
  bool IsQuickEnough(const Attempt& attempt) const {
    const Program& yardstick = *source_.yardstick;
    const double usual = bpf::ExpectedPath(yardstick);
    const double foreign = bpf::ExpectedPath(yardstick, bpf::Traffic::kForeign);
    const double path = attempt.report.expected_path;
    const double among_strangers = bpf::ExpectedPath(attempt.built.program, bpf::Traffic::kForeign);
    return path <= usual * kLongestPath && path + among_strangers <= (usual + foreign) * kLongestPath;
  }

  // A balanced program whose path is much longer than that of libpcap's gives way to the smallest whose path
  // is not, if there is one that is no larger than libpcap's.
  Expected<void> PreferQuickEnough() {
    if (!source_.yardstick) return {};
    const Candidate smallest = attempts_.front().report;
    if (smallest.outcome == Candidate::Outcome::kTooLarge || IsQuickEnough(attempts_.front())) return {};
    for (const Recipe& recipe : QuickRecipes(options_, subject_.is_lifted)) {
      if (auto tried = TryAside(recipe); !tried) return tried;
    }
    Sort();
    const auto is_quick = [&](const Attempt& attempt) {
      return attempt.report.outcome != Candidate::Outcome::kTooLarge &&
             attempt.report.instructions <= source_.yardstick->size() && IsQuickEnough(attempt);
    };
    const auto quick = std::ranges::find_if(attempts_, is_quick);
    if (quick != attempts_.end()) std::rotate(attempts_.begin(), quick, quick + 1);
    return {};
  }

  Expected<Attempt*> TakeFirst() {
    Attempt& first = attempts_.front();
    if (first.report.outcome == Candidate::Outcome::kTooLarge) return TooLarge();
    const bool is_source = first.is_source;  // needs no proof
    first.report.outcome = is_source ? Candidate::Outcome::kProven : Candidate::Outcome::kUnproven;
    return &first;
  }

  // Nothing is chosen when a candidate is refuted.
  Expected<Attempt*> ProveInOrder() {
    bool any_fits = false;
    for (Attempt& attempt : attempts_) {
      if (attempt.report.outcome == Candidate::Outcome::kTooLarge) continue;
      any_fits = true;
      auto proven = Prove(attempt);
      if (!proven) return tl::unexpected(proven.error());
      if (*proven || refutation_) return &attempt;
      if (Proof() == ProofMode::kRequired) {
        return MakeError(ErrorCode::kUndecided, "the program could not be proven: " + attempt.report.detail);
      }
    }
    if (!any_fits) return TooLarge();
    return MakeError(ErrorCode::kUndecided, "none of the programs that fit the limit could be proven: " +
                                                attempts_.front().report.detail);
  }

  // False: undecided or refuted.
  Expected<bool> Prove(Attempt& attempt) {
    if (attempt.built.program != source_.program) {
      auto verdict = log_.Run("prove", [&] { return Ask(attempt); });
      if (!verdict && verdict.error().code == ErrorCode::kCancelled) return tl::unexpected(verdict.error());
      if (!verdict) return MakeError(ErrorCode::kInternal, verdict.error().message);
      CountProof(*verdict);
      if (verdict->answer == Answer::kDifferent) {
        refutation_ = {attempt.report.name, std::move(*verdict->counterexample)};
        return false;
      }
      if (verdict->answer == Answer::kUndecided) {
        attempt.report.outcome = Candidate::Outcome::kUndecided;
        attempt.report.detail = verdict->reason;
        return false;
      }
    }
    attempt.report.outcome = Candidate::Outcome::kProven;
    return true;
  }

  Expected<Verdict> Ask(const Attempt& attempt) const {
    VerifyOptions verify;
    verify.target = options_.target;
    verify.relation = options_.relation;
    verify.steps = options_.budgets.proof_steps;
    verify.nodes = options_.budgets.proof_nodes;
    verify.draws = DrawsOf(attempt);
    verify.interruption = options_.interruption;
    return Verify(source_.program, attempt.built.program, verify);
  }

  void CountProof(const Verdict& verdict) {
    log_.statistics().proof_nodes += verdict.nodes;
    log_.statistics().proof_queries += verdict.queries;
    log_.statistics().proof_steps += verdict.steps;
  }

  std::map<std::size_t, std::size_t> DrawsOf(const Attempt& attempt) const {
    std::map<std::uint32_t, std::size_t> by_identity;
    for (const auto& [instruction, identity] : source_.draws) by_identity.emplace(identity, instruction);
    std::map<std::size_t, std::size_t> draws;
    for (const auto& [instruction, identity] : attempt.built.draws) {
      if (auto found = by_identity.find(identity); found != by_identity.end()) {
        draws.emplace(instruction, found->second);
      }
    }
    return draws;
  }

  Refutation Refute() { return {refutation_->first, std::move(refutation_->second), std::move(source_)}; }

  tl::unexpected<Error> TooLarge() const {
    // The smallest that could be made; a few cannot for other reasons than the limit.
    const auto made = std::find_if(attempts_.begin(), attempts_.end(),
                                   [](const Attempt& attempt) { return attempt.report.instructions > 0; });
    const Candidate& smallest = (made != attempts_.end() ? *made : attempts_.front()).report;
    Error error{ErrorCode::kTooLarge, smallest.detail, std::nullopt};
    if (const auto part = explain_(smallest.instructions)) {
      error.message += "; " + part->message;
      error.range = part->range;
    }
    return tl::unexpected(std::move(error));
  }

  CompileResult Finish(const Attempt& chosen) {
    CompileResult result;
    result.program = chosen.built.program;
    result.proven = chosen.report.outcome == Candidate::Outcome::kProven;
    result.draws = DrawsOf(chosen);
    for (const Attempt& attempt : attempts_) {
      result.candidates.push_back(attempt.report);
      if (attempt.report.outcome != Candidate::Outcome::kUndecided) continue;
      result.diagnostics.push_back(
          {Diagnostic::Severity::kNote,
           fmt::format("candidate '{}' with {} instructions could not be proven ({}); this is '{}'",
                       attempt.report.name, attempt.report.instructions, attempt.report.detail,
                       chosen.report.name),
           std::nullopt});
    }
    result.source = std::move(source_.program);
    result.source_kind = source_.kind;
    result.source_reason = std::move(source_.reason);
    return result;
  }

  const Subject& subject_;
  Source source_;
  const CompileOptions& options_;
  StageLog& log_;
  const SizeExplainer& explain_;
  std::vector<Attempt> attempts_;
  std::set<std::string_view> main_passes_;  // that changed something for the main recipe
  std::optional<std::pair<std::string_view, Counterexample>> refutation_;  // of which candidate
};

}  // namespace

Expected<std::variant<CompileResult, Refutation>> ChooseProven(const Subject& subject, Source source,
                                                               const CompileOptions& options, StageLog& log,
                                                               const SizeExplainer& explain) {
  return Choice(subject, std::move(source), options, log, explain).Make();
}

Error MistakeOf(const Refutation& refutation) {
  return {ErrorCode::kInternal,
          fmt::format("this is a bug of bpfopt: the program of candidate '{}' differs from its source\n{}",
                      refutation.candidate, Describe(refutation.counterexample)),
          std::nullopt};
}

}  // namespace bpfopt::driver
