// libpcap's unoptimized program is the meaning; its optimized one is only counted.
#include "bench/language_judge.h"

#include "bench/filter_text.h"
#include "bpfopt/compiler.h"
#include "bpfopt/libpcap.h"
#include "bpfopt/verify.h"

#include <algorithm>
#include <array>
#include <nss.h>

#include <fmt/format.h>
#include <pcap/pcap.h>

namespace bpfopt::bench {
namespace {

constexpr std::size_t kAnySize = 1'000'000;  // how large a program may be is no question here

Expected<Program> Libpcap(const std::string& filter, const FilterSite& site, const LanguageOptions& options,
                          bool optimize) {
  return CompileWithLibpcap(
      filter,
      {.link_type = site.link_type, .netmask = options.netmask, .origin = site.origin, .optimize = optimize});
}

// Words that libpcap asks the kernel for are loads past SKF_AD_OFF. Only the kernel gives them a meaning.
Target TargetOf(const Program& libpcap) {
  constexpr std::uint16_t kLoadMask = 0xe7;      // class and mode
  constexpr std::uint16_t kAbsoluteLoad = 0x20;  // BPF_LD | BPF_ABS
  constexpr std::uint32_t kAncillary = 0xfffff000;
  const bool asks = std::any_of(libpcap.begin(), libpcap.end(), [](const Instruction& each) {
    return (each.code & kLoadMask) == kAbsoluteLoad && each.k >= kAncillary;
  });
  return asks ? Target::kLinux : Target::kPcap;
}

CompileOptions OptionsFor(const FilterSite& site, Target target, const LanguageOptions& options) {
  CompileOptions compile;
  compile.target = target;
  compile.link_type = site.link_type;
  compile.netmask = options.netmask;
  compile.origin = site.origin;
  compile.limit = kAnySize;
  compile.budgets.proof_steps = options.steps;
  return compile;
}

void Compare(const Program& libpcap, const Program& naive, Target target, const LanguageOptions& options,
             LanguageJudgement& judgement) {
  if (const auto violations = Check(libpcap, {.target = target, .limit = kAnySize}); !violations.empty()) {
    judgement.outcome = LanguageOutcome::kMeaningless;
    judgement.theirs = violations[0].reason;
    return;
  }
  const auto verdict =
      Verify(libpcap, naive,
             {.target = target, .relation = Relation::kStrict, .steps = options.steps, .nodes = kAnySize});
  if (!verdict) {
    judgement.outcome = LanguageOutcome::kFailed;
    judgement.ours = verdict.error().message;
    return;
  }
  switch (verdict->answer) {
    case Answer::kEqual:
      judgement.outcome = LanguageOutcome::kEqual;
      break;
    case Answer::kDifferent:
      judgement.outcome = LanguageOutcome::kDifferent;
      judgement.packet = Describe(*verdict->counterexample, "libpcap", "bpfopt");
      break;
    case Answer::kUndecided:
      judgement.outcome = LanguageOutcome::kUndecided;
      judgement.packet = verdict->reason;
      break;
  }
}

void Optimize(const std::string& filter, const FilterSite& site, Target target,
              const LanguageOptions& options, const Program& source, LanguageJudgement& judgement) {
  const auto result = Compile(filter, OptionsFor(site, target, options));
  if (!result) {
    judgement.outcome = LanguageOutcome::kFailed;
    judgement.ours = "optimized: " + result.error().message;
    return;
  }
  judgement.is_optimized = true;
  judgement.is_proven = result->proven;
  judgement.from_libpcap = result->source_kind == SourceKind::kLibpcap;
  judgement.size = result->program.size();
  const auto theirs = Libpcap(filter, site, options, /*optimize=*/true);
  if (!theirs) return;
  judgement.libpcap_size = theirs->size();
  if (judgement.size <= judgement.libpcap_size) return;
  const auto verdict =
      Verify(source, *theirs, {.target = target, .relation = Relation::kFaithful, .steps = options.steps});
  judgement.is_larger = verdict && verdict->answer != Answer::kDifferent;
}

void Judge(const std::string& filter, const FilterSite& site, const LanguageOptions& options,
           LanguageJudgement& judgement) {
  const auto libpcap = Libpcap(filter, site, options, /*optimize=*/false);
  const Target target = libpcap ? TargetOf(*libpcap) : Target::kPcap;
  CompileOptions naive = OptionsFor(site, target, options);
  naive.level = 0;
  naive.proof = ProofMode::kOff;
  const auto bpfopt = Compile(filter, naive);
  if (!libpcap) judgement.theirs = libpcap.error().message;
  if (!bpfopt) judgement.ours = bpfopt.error().message;
  if (!bpfopt && bpfopt.error().code != ErrorCode::kInvalidInput) {
    judgement.outcome = LanguageOutcome::kFailed;
  } else if (!bpfopt) {
    judgement.outcome = libpcap ? LanguageOutcome::kOnlyLibpcap : LanguageOutcome::kBothRefuse;
  } else if (!libpcap) {
    judgement.outcome = LanguageOutcome::kOnlyBpfopt;
  } else {
    Compare(*libpcap, bpfopt->program, target, options, judgement);
    if (options.optimize && judgement.outcome != LanguageOutcome::kFailed) {
      Optimize(filter, site, target, options, *libpcap, judgement);
    }
  }
}

bool TakesSomeFilter(const std::string& link_type) {
  const LanguageOptions options;
  return LibpcapTakes("link[0] = 1", {.link_type = link_type}, options) ||
         LibpcapTakes("ip", {.link_type = link_type}, options);
}

}  // namespace

std::string_view Name(LanguageOutcome outcome) {
  constexpr std::array<std::string_view, kLanguageOutcomes> kNames = {
      "equal",       "different",    "undecided",   "libpcap's program has no meaning",
      "both refuse", "only libpcap", "only bpfopt", "failed",
      "crashed",     "endless"};
  return kNames.at(static_cast<std::size_t>(outcome));
}

bool LibpcapTakes(const std::string& filter, const FilterSite& site, const LanguageOptions& options) {
  return Libpcap(filter, site, options, /*optimize=*/false).has_value();
}

LanguageJudgement JudgeLanguage(const std::string& filter, const FilterSite& site,
                                const LanguageOptions& options) {
  LanguageJudgement judgement;
  const auto begin = std::chrono::steady_clock::now();
  Judge(filter, site, options, judgement);
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - begin;
  judgement.milliseconds = time.count();
  return judgement;
}

std::vector<KnownLinkType> LibpcapLinkTypes() {
  constexpr int kMost = 300;
  std::vector<KnownLinkType> types;
  for (int number = 0; number <= kMost; ++number) {
    const char* name = pcap_datalink_val_to_name(number);
    std::string text = name == nullptr ? std::to_string(number) : name;
    if (!TakesSomeFilter(text)) continue;
    const bool has_protocols = LibpcapTakes("ip", {.link_type = text}, {});
    const bool has_own_words = HasWordsOfItsOwn(text);
    types.push_back({std::move(text), has_protocols, has_own_words});
  }
  return types;
}

void AskFilesForHosts() { __nss_configure_lookup("hosts", "files"); }

}  // namespace bpfopt::bench
