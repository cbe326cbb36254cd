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

bool LoadsFromPacket(const Instruction& instruction) {
  constexpr unsigned kClassMask = 0x07;
  constexpr unsigned kModeMask = 0xe0;
  const unsigned mode = instruction.code & kModeMask;
  switch (instruction.code & kClassMask) {
    case 0x00:                              // BPF_LD
      return mode == 0x20 || mode == 0x40;  // BPF_ABS, BPF_IND
    case 0x01:                              // BPF_LDX
      return mode == 0xa0;                  // BPF_MSH
    default:
      return false;
  }
}

// Whom libpcap asks with a load at SKF_AD_OFF + SKF_AD_PKTTYPE or SKF_AD_IFINDEX: only the kernel gives it a
// meaning. But where the kernel runs a filter bpfopt also asks it for VLAN tags, as libpcap does only on an
// open interface.
Target TargetOf(const std::string& filter, const Program& libpcap) {
  constexpr std::uint32_t kPacketType = 0xfffff004;
  constexpr std::uint32_t kInterfaceIndex = 0xfffff008;
  if (filter.find("vlan") != std::string::npos) return Target::kPcap;
  const bool asks = std::any_of(libpcap.begin(), libpcap.end(), [](const Instruction& each) {
    return LoadsFromPacket(each) && (each.k == kPacketType || each.k == kInterfaceIndex);
  });
  return asks ? Target::kLinux : Target::kPcap;
}

// The instruction; of one that loads at a constant negative offset, the same with the offset in X.
Program WithNegativeOffsetInX(const Instruction& instruction) {
  constexpr std::uint32_t kNegative = 0x80000000;
  constexpr unsigned kMode = 0xe0;
  constexpr unsigned kAbsolute = 0x20;
  constexpr unsigned kIndirect = 0x40;
  const unsigned mode = instruction.code & kMode;
  if (!LoadsFromPacket(instruction) || instruction.k < kNegative || mode == kIndirect) return {instruction};
  const Instruction load_x = {.code = 0x01, .k = instruction.k};
  if (mode == kAbsolute) {
    const auto code = static_cast<std::uint16_t>((instruction.code & ~kMode) | kIndirect);
    return {load_x, {.code = code}};
  }
  // ldxb 4*([k]&0xf): ldb [x + 0], and #15, lsh #2, tax
  return {load_x, {.code = 0x50}, {.code = 0x54, .k = 0x0f}, {.code = 0x64, .k = 2}, {.code = 0x07}};
}

// Where a link type lacks a header, libpcap adds to the offset -1 that stands for that. Its interpreter takes
// an offset like any other, and no packet is so long; the verifier leaves such constants to the kernel's
// rules. Here they are in X, and in A the length of a header, both of which libpcap sets anew wherever it
// needs them.
Program WithNegativeOffsetsInX(const Program& program) {
  constexpr std::uint16_t kJumpClass = 0x05;  // BPF_JMP
  std::vector<std::size_t> places;
  Program moved;
  for (const Instruction& each : program) {
    places.push_back(moved.size());
    const Program parts = WithNegativeOffsetInX(each);
    moved.insert(moved.end(), parts.begin(), parts.end());
  }
  if (moved.size() == program.size()) return program;
  for (std::size_t i = 0; i < program.size(); ++i) {
    if ((program[i].code & 0x07) != kJumpClass) continue;
    Instruction& jump = moved[places[i]];
    const auto offset = [&](std::size_t by) { return places[i + 1 + by] - places[i] - 1; };
    if ((jump.code & 0xf0) == 0) {
      if (jump.k >= program.size() - i - 1) return program;  // the loop of protochain
      jump.k = static_cast<std::uint32_t>(offset(jump.k));
      continue;
    }
    const std::size_t on_true = offset(jump.jt);
    const std::size_t on_false = offset(jump.jf);
    if (on_true > 0xff || on_false > 0xff) return program;
    jump.jt = static_cast<std::uint8_t>(on_true);
    jump.jf = static_cast<std::uint8_t>(on_false);
  }
  return moved;
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

// Few proofs need more than the budget; those get ten of it.
Expected<Verdict> VerifyStrict(const Program& source, const Program& result, Target target,
                               const LanguageOptions& options) {
  constexpr std::uint64_t kMore = 10;
  VerifyOptions verify = {
      .target = target, .relation = Relation::kStrict, .steps = options.steps, .nodes = kAnySize};
  auto verdict = Verify(source, result, verify);
  if (!verdict || verdict->answer != Answer::kUndecided) return verdict;
  verify.steps *= kMore;
  return Verify(source, result, verify);
}

// libpcap keeps the lengths of headers in scratch memory from the start of the program on, but chooses the
// places only when a test needs them: by then arithmetic may have had them, and writes them again behind the
// lengths. A filter that first asks for the lengths, where nobody comes by, has places of their own for them.
bool IsRightWithPlacesForLengths(const std::string& filter, const FilterSite& site, const Program& naive,
                                 Target target, const LanguageOptions& options) {
  const auto libpcap =
      Libpcap("(1 = 2 and link[0] = ip[0]) or (" + filter + ")", site, options, /*optimize=*/false);
  if (!libpcap) return false;
  const auto verdict = VerifyStrict(*libpcap, naive, target, options);
  return verdict && verdict->answer == Answer::kEqual;
}

struct Compilation {
  const std::string& filter;
  const FilterSite& site;
  Target target;
};

void Compare(const Compilation& what, const Program& libpcap, const CompileResult& bpfopt,
             const LanguageOptions& options, LanguageJudgement& judgement) {
  if (const auto violations = Check(libpcap, {.target = what.target, .limit = kAnySize});
      !violations.empty()) {
    judgement.outcome = LanguageOutcome::kMeaningless;
    // Jumps of libpcap's that lead out of a program lead back, as an offset of 32 bits that overflows.
    const bool loops = violations[0].reason.rfind("ja ", 0) == 0;
    judgement.theirs = loops ? "'protochain' is a loop over the headers" : violations[0].reason;
    return;
  }
  const auto verdict = VerifyStrict(libpcap, bpfopt.program, what.target, options);
  if (!verdict) {
    judgement.outcome = LanguageOutcome::kFailed;
    judgement.ours = verdict.error().message;
    return;
  }
  if (verdict->answer == Answer::kEqual) {
    judgement.outcome = LanguageOutcome::kEqual;
  } else if (verdict->answer == Answer::kUndecided) {
    judgement.outcome = LanguageOutcome::kUndecided;
    judgement.packet = verdict->reason;
  } else if (IsRightWithPlacesForLengths(what.filter, what.site, bpfopt.program, what.target, options)) {
    judgement.outcome = LanguageOutcome::kMeaningless;
    judgement.theirs = "arithmetic overwrites the lengths of headers that later tests need";
  } else if (bpfopt.source_kind == SourceKind::kLowering) {
    judgement.outcome = LanguageOutcome::kMeaningless;
    judgement.theirs = "by bpfopt's own account: " + bpfopt.source_reason;
  } else {
    judgement.outcome = LanguageOutcome::kDifferent;
    judgement.packet = Describe(*verdict->counterexample, "libpcap", "bpfopt");
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
  auto libpcap = Libpcap(filter, site, options, /*optimize=*/false);
  const Target target = libpcap ? TargetOf(filter, *libpcap) : Target::kPcap;
  if (libpcap && target == Target::kPcap) libpcap = WithNegativeOffsetsInX(*libpcap);
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
    Compare({filter, site, target}, *libpcap, *bpfopt, options, judgement);
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
