// Judges bpfopt's reading of a filter by libpcap's: both refuse it, or the naive lowering is strictly equal
// to libpcap's unoptimized program, and what the optimizer makes of that is proven.
#ifndef BPFOPT_BENCH_LANGUAGE_JUDGE_H
#define BPFOPT_BENCH_LANGUAGE_JUDGE_H

#include "bpfopt/options.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bpfopt::bench {

enum class LanguageOutcome {
  kEqual,        // both take it and mean the same
  kDifferent,    // both take it; a packet tells them apart
  kUndecided,    // both take it; the verifier ran out of its budget
  kMeaningless,  // both take it; libpcap's program reads what nobody wrote, or loops
  kBothRefuse,
  kOnlyLibpcap,  // bpfopt refuses it
  kOnlyBpfopt,   // libpcap refuses it
  kFailed,       // bpfopt has an error that is not the filter's
  kCrashed,      // one of the two died of it
  kEndless,      // one of the two did not end
};
inline constexpr std::size_t kLanguageOutcomes = 10;

std::string_view Name(LanguageOutcome outcome);

struct LanguageJudgement {
  LanguageOutcome outcome = LanguageOutcome::kBothRefuse;
  std::string ours = {};    // bpfopt's message, when it refuses or fails
  std::string theirs = {};  // libpcap's, when it refuses; why its program has no meaning
  std::string packet = {};  // what tells the programs apart, in words; why undecided

  // Of the second level of optimization, where both take the filter.
  bool is_optimized = false;
  bool is_proven = false;
  bool from_libpcap = false;  // libpcap's program is what it is proven against
  std::size_t size = 0;
  std::size_t libpcap_size = 0;  // of libpcap's optimized program; 0: it refuses
  // Larger than libpcap's program, though that is right.
  bool is_larger = false;
  double milliseconds = 0;  // for all of it
};

struct LanguageOptions {
  std::uint32_t netmask = 0xffffff00;
  std::uint64_t steps = 10'000'000;  // of each proof, in Z3's resource units
  bool optimize = true;              // the second level too
  std::chrono::seconds time_limit{30};
};

// Where and for whom a filter is compiled.
struct FilterSite {
  std::string link_type;
  PacketOrigin origin = PacketOrigin::kInterface;
};

bool LibpcapTakes(const std::string& filter, const FilterSite& site, const LanguageOptions& options);

// In this process: what kills either compiler kills it.
LanguageJudgement JudgeLanguage(const std::string& filter, const FilterSite& site,
                                const LanguageOptions& options);

struct KnownLinkType {
  std::string name;            // the number when there is no name
  bool has_protocols = false;  // beside bytes and lengths
  bool has_own_words = false;
};

// All for which libpcap makes a program of some filter, by number.
std::vector<KnownLinkType> LibpcapLinkTypes();

// Names of hosts are asked of files alone from now on: an unknown one costs no time, and every machine
// answers the same.
void AskFilesForHosts();

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_LANGUAGE_JUDGE_H
