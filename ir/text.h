// The words of the IR's text form that print.cc writes and parse.cc reads.
#ifndef BPFOPT_IR_TEXT_H
#define BPFOPT_IR_TEXT_H

#include "ir/function.h"

#include <array>
#include <string_view>
#include <utility>

namespace bpfopt::ir {

template <typename Meaning, std::size_t kCount>
using WordTable = std::array<std::pair<Meaning, std::string_view>, kCount>;

inline constexpr WordTable<Target, 3> kTargetWords = {
    {{Target::kPcap, "pcap"}, {Target::kLinux, "linux"}, {Target::kSeccomp, "seccomp"}}};
inline constexpr WordTable<unsigned, 3> kLoadWords = {{{1, "ldb"}, {2, "ldh"}, {4, "ld"}}};
inline constexpr WordTable<Compare, 4> kCompareWords = {{{Compare::kEqual, "=="},
                                                         {Compare::kGreater, ">"},
                                                         {Compare::kGreaterEqual, ">="},
                                                         {Compare::kAnySet, "anyset"}}};
inline constexpr WordTable<EffectKind, 5> kEffectWords = {{{EffectKind::kDraw, "draw"},
                                                           {EffectKind::kNlattr, "nlattr"},
                                                           {EffectKind::kNlattrNest, "nlattr_nest"},
                                                           {EffectKind::kDeviceIndex, "device_index"},
                                                           {EffectKind::kDeviceType, "device_type"}}};

template <typename Meaning, std::size_t kCount>
constexpr std::string_view WordFor(const WordTable<Meaning, kCount>& table, Meaning meaning) {
  for (const auto& [known, word] : table) {
    if (known == meaning) return word;
  }
  return "";
}

// Null when the table has no such word.
template <typename Meaning, std::size_t kCount>
constexpr const Meaning* MeaningOf(const WordTable<Meaning, kCount>& table, std::string_view word) {
  for (const auto& entry : table) {
    if (entry.second == word) return &entry.first;
  }
  return nullptr;
}

}  // namespace bpfopt::ir

#endif  // BPFOPT_IR_TEXT_H
