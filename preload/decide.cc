// Compiles for libpcap's rules, and where a filter asks the kernel for words of its own, for the kernel's.
#include "preload/decide.h"

#include "bpfopt/compiler.h"
#include "bpfopt/resolver.h"
#include "bpfopt/verify.h"
#include "preload/watched_resolver.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::preload {
namespace {

// Linux' SKF_AD_OFF: from here on, offsets of loads name words of the kernel's.
constexpr std::uint32_t kAncillaryOffset = 0xfffff000;
constexpr std::uint16_t kWidthBits = 0x18;
constexpr std::uint16_t kByte = 0x10;
constexpr std::uint16_t kLoadAbsolute = 0x20;
constexpr std::uint16_t kLoadMask = 0xe7;  // all but the width

// The kernel reads its words whole whatever the width of the load. libpcap's interpreter, which runs over the
// packets that came before the filter, knows those for VLAN tags as bytes.
void NarrowAncillaryLoads(Program& program) {
  for (Instruction& instruction : program) {
    if ((instruction.code & kLoadMask) == kLoadAbsolute && instruction.k >= kAncillaryOffset) {
      instruction.code = static_cast<std::uint16_t>((instruction.code & ~kWidthBits) | kByte);
    }
  }
}

bool RejectsEverything(const Program& program) {
  return program.size() == 1 && program[0] == Instruction{0x06, 0, 0, 0};
}

// Was the program that a level asks for not proven, and is what came instead the source itself?
bool FellBackToSource(const CompileResult& result) {
  const auto is_undecided = [](const Candidate& candidate) {
    return candidate.outcome == Candidate::Outcome::kUndecided;
  };
  return result.program == result.source && std::ranges::any_of(result.candidates, is_undecided);
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

class Decision {
 public:
  Decision(const Request& request, const Settings& settings, const AskLibpcap& libpcap)
      : request_(request),
        settings_(settings),
        libpcap_(libpcap),
        resolver_(std::make_shared<WatchedResolver>(SystemResolver())) {}

  Outcome Make() {
    Outcome outcome = Choose();
    outcome.is_lasting = !resolver_->was_asked_for_address();
    return outcome;
  }

 private:
  Outcome Choose() {
    if (Mentions("protochain")) return Decline("libpcap follows chains of any length");
    if (const auto type = FindLinkType(std::to_string(request_.link_type)); !type) {
      return Decline(type.error().message);
    }
    if (request_.tags_are_aside) return ForKernel(CompileFor(Target::kLinux));
    auto made = CompileFor(Target::kPcap);
    if (made) return Take(std::move(*made), Target::kPcap);
    // `inbound`, say. Tags are another matter where the kernel leaves them in the frame.
    const bool may_ask_kernel = request_.origin == PacketOrigin::kInterface && !Mentions("vlan");
    if (made.error().code == ErrorCode::kInvalidInput && may_ask_kernel) {
      if (auto other = CompileFor(Target::kLinux)) return ForKernel(std::move(other));
    }
    return Decline(made.error());
  }

  bool Mentions(std::string_view word) const { return request_.filter.find(word) != std::string::npos; }

  // The handle's own program is the reference here: only libpcap knows what its kernel can be asked.
  Outcome ForKernel(Expected<CompileResult> made) const {
    if (!made) return Decline(made.error());
    NarrowAncillaryLoads(made->program);
    const bool is_proof_wanted = IsProofWanted(made->program);
    // A large program of libpcap's takes seconds.
    if (!is_proof_wanted && request_.tags_are_aside) return Take(std::move(*made), Target::kLinux);
    const Expected<Program> source = libpcap_(/*optimize=*/false);
    if (!source) return Decline(std::string("libpcap refuses it"));
    if (!is_proof_wanted) return Take(std::move(*made), Target::kLinux);
    const auto verdict = Verify(*source, made->program, ProofOptions(*made, Target::kLinux));
    // Else libpcap's program reads words that nobody wrote, and no kernel takes it.
    const bool has_meaning = verdict.has_value();
    if (has_meaning && verdict->answer != Answer::kEqual) {
      return Decline("libpcap's program for this handle could not be proven equal");
    }
    if (has_meaning) {
      made->source = *source;
      made->source_kind = SourceKind::kLibpcap;
      made->proven = true;
    }
    return Take(std::move(*made), Target::kLinux);
  }

  Outcome Take(CompileResult result, Target target) const {
    if (RejectsEverything(result.program) && result.source.size() <= kMostAsked) {
      const Expected<Program> theirs = libpcap_(/*optimize=*/true);
      if (!theirs) return Decline(std::string("libpcap refuses it"));
    }
    Outcome outcome;
    outcome.is_proven = result.proven;
    outcome.level = level_;
    outcome.target = target;
    outcome.source_instructions = result.source.size();
    outcome.reason = Remarks(result);
    outcome.program = std::move(result.program);
    return outcome;
  }

  static std::string Remarks(const CompileResult& result) {
    std::string remarks;
    const auto add = [&](const std::string& remark) { remarks += (remarks.empty() ? "" : "; ") + remark; };
    if (result.source_kind == SourceKind::kLowering) add(result.source_reason);
    if (result.libpcap_reads_otherwise)
      add("libpcap reads the filter otherwise than bpfopt: its meaning is kept");
    if (!result.proven) add("not proven");
    if (!result.kernel_follows) add("the kernel has no such header, so libpcap runs the program");
    if (result.program.size() > kKernelLimit) add("too large for a kernel, so libpcap runs the program");
    return remarks;
  }

  static Outcome Decline(std::string reason) {
    Outcome outcome;
    outcome.reason = std::move(reason);
    return outcome;
  }

  static Outcome Decline(const Error& error) { return Decline(FirstLine(error.message)); }

  CompileOptions Options(Target target, int level, ProofMode proof) const {
    CompileOptions options;
    options.link_type = std::to_string(request_.link_type);
    options.snaplen = request_.snaplen;
    options.netmask = request_.netmask;
    options.origin = request_.origin;
    options.target = target;
    options.level = level;
    options.relation = settings_.relation;
    options.objective = settings_.objective;
    options.limit = kKernelLimit;
    options.proof = proof;
    options.resolver = resolver_;
    return options;
  }

  VerifyOptions ProofOptions(const CompileResult& result, Target target) const {
    VerifyOptions options;
    options.target = target;
    options.relation = settings_.relation;
    options.draws = result.draws;
    return options;
  }

  bool IsProofWanted(const Program& program) const {
    if (settings_.proof) return settings_.proof != ProofMode::kOff;
    return settings_.level || program.size() <= kProvenAtOnce;
  }

  Expected<CompileResult> CompileFor(Target target) {
    if (settings_.level) return CompileAt(*settings_.level, target);
    level_ = 1;
    auto first = CompileOfAnySize(Options(target, 1, ProofMode::kOff));
    if (!first) return first;
    if (first->program.size() <= kSmall) return CompileAt(2, target);
    return IsProofWanted(first->program) ? Prove(std::move(*first), target) : std::move(first);
  }

  Expected<CompileResult> CompileAt(int level, Target target) {
    level_ = level;
    auto result = CompileOfAnySize(Options(target, level, settings_.proof.value_or(ProofMode::kOn)));
    if (result && FellBackToSource(*result))
      return MakeError(ErrorCode::kUndecided, "no proof in its budget");
    return result;
  }

  Expected<CompileResult> CompileOfAnySize(CompileOptions options) const {
    auto result = Compile(request_.filter, options);
    if (result || result.error().code != ErrorCode::kTooLarge) return result;
    options.limit = kLibpcapLimit;
    return Compile(request_.filter, options);
  }

  Expected<CompileResult> Prove(CompileResult result, Target target) const {
    if (result.proven) return result;
    const auto verdict = Verify(result.source, result.program, ProofOptions(result, target));
    if (!verdict) return tl::unexpected(verdict.error());
    if (verdict->answer == Answer::kUndecided) {
      return MakeError(ErrorCode::kUndecided, "no proof in its budget: " + verdict->reason);
    }
    if (verdict->answer == Answer::kDifferent) {
      return MakeError(ErrorCode::kInternal, "a bug of bpfopt: its program differs from the filter");
    }
    result.proven = true;
    return result;
  }

  const Request& request_;
  const Settings& settings_;
  const AskLibpcap& libpcap_;
  std::shared_ptr<WatchedResolver> resolver_;
  int level_ = 0;
};

}  // namespace

Outcome Decide(const Request& request, const Settings& settings, const AskLibpcap& libpcap) {
  return Decision(request, settings, libpcap).Make();
}

}  // namespace bpfopt::preload
