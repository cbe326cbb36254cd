// Each variable has one function that takes its text, and says whether it means something.
#include "preload/settings.h"

#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace bpfopt::preload {
namespace {

constexpr std::size_t kMostCacheEntries = 65536;

// The choice that a word names.
template <typename Choice, typename Slot>
bool TakeWord(std::string_view text, std::initializer_list<std::pair<std::string_view, Choice>> words,
              Slot& slot) {
  for (const auto& [word, choice] : words) {
    if (word != text) continue;
    slot = choice;
    return true;
  }
  return false;
}

template <typename Slot>
bool TakeNumber(std::string_view text, std::size_t most, Slot& slot) {
  std::size_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || number > most) return false;
  slot = static_cast<typename std::remove_reference_t<decltype(*std::optional(slot))>>(number);
  return true;
}

// The program may change its directory before it compiles a second filter.
bool TakePath(std::string_view text, std::string& path) {
  std::error_code failure;
  path = std::filesystem::absolute(text, failure).string();
  return !failure;
}

}  // namespace

Settings ReadSettings(const Environment& get) {
  Settings settings;
  const auto read = [&](const char* name, const auto& take) {
    const char* text = get(name);
    if (text == nullptr || *text == '\0') return;
    if (!take(std::string_view(text))) settings.ignored.push_back(std::string(name) + "=" + text);
  };
  using Text = std::string_view;
  read("BPFOPT_OFF", [&](Text text) {
    return TakeWord<bool>(text, {{"1", true}, {"0", false}}, settings.is_off);
  });
  read("BPFOPT_LEVEL", [&](Text text) {
    return TakeWord<int>(text, {{"0", 0}, {"1", 1}, {"2", 2}, {"3", 3}}, settings.level);
  });
  read("BPFOPT_EQUAL", [&](Text text) {
    return TakeWord<Relation>(text, {{"strict", Relation::kStrict}, {"faithful", Relation::kFaithful}},
                              settings.relation);
  });
  read("BPFOPT_OBJECTIVE", [&](Text text) {
    return TakeWord<Objective>(
        text, {{"size", Objective::kSize}, {"speed", Objective::kSpeed}, {"balanced", Objective::kBalanced}},
        settings.objective);
  });
  read("BPFOPT_PROOF", [&](Text text) {
    return TakeWord<ProofMode>(
        text, {{"on", ProofMode::kOn}, {"off", ProofMode::kOff}, {"required", ProofMode::kRequired}},
        settings.proof);
  });
  read("BPFOPT_CACHE",
       [&](Text text) { return TakeNumber(text, kMostCacheEntries, settings.cache_entries); });
  read("BPFOPT_LOG", [&](Text text) { return TakePath(text, settings.log_file); });
  return settings;
}

}  // namespace bpfopt::preload
