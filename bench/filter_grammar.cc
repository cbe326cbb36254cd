// Looks up the symbols of the productions, once.
#include "bench/filter_grammar.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <sstream>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

constexpr unsigned kNoTree = std::numeric_limits<unsigned>::max();

std::vector<std::string> Split(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(std::move(word));
  return words;
}

// The star of `pattern` in `name`: "port" for "id:*" and "id:port". Nothing when they do not match; empty
// when they are the same.
struct Match {
  bool matches = false;
  std::string_view parameter = {};
};

Match MatchSymbol(std::string_view pattern, std::string_view name) {
  if (pattern == name) return {true, {}};
  if (pattern.empty() || pattern.back() != '*') return {};
  pattern.remove_suffix(1);
  if (name.substr(0, pattern.size()) != pattern) return {};
  return {true, name.substr(pattern.size())};
}

}  // namespace

std::string Name(const Production& production) {
  return fmt::format("{}: {}", production.symbol, production.expansion);
}

Grammar::Grammar() {
  for (const Pool& pool : Pools()) pools_.push_back(Split(pool.values));
  pool_used_.resize(pools_.size());
  start_ = Intern(std::string(kStartSymbol));
  primitive_ = Intern(std::string(kPrimitive));
  // Filling a symbol adds those that it names.
  for (std::size_t i = 0; i < symbols_.size(); ++i) Fill(i);
  std::sort(words_.begin(), words_.end());
  words_.erase(std::unique(words_.begin(), words_.end()), words_.end());
  FindHeights();
  FindUnused();
}

std::size_t Grammar::Intern(const std::string& name) {
  const auto known =
      std::find_if(symbols_.begin(), symbols_.end(), [&](const Symbol& each) { return each.name == name; });
  if (known != symbols_.end()) return static_cast<std::size_t>(known - symbols_.begin());
  symbols_.push_back({name, {}, kNoTree});
  return symbols_.size() - 1;
}

std::size_t Grammar::PoolIndex(const std::string& name) {
  const auto pools = Pools();
  const auto pool =
      std::find_if(pools.begin(), pools.end(), [&](const Pool& each) { return each.name == name; });
  if (pool == pools.end()) {
    mistakes_.push_back("no pool " + name);
    return 0;
  }
  const auto index = static_cast<std::size_t>(pool - pools.begin());
  pool_used_[index] = true;
  return index;
}

std::vector<Grammar::Part> Grammar::Parts(std::string expansion, std::string_view parameter) {
  if (!parameter.empty()) {
    for (std::size_t at = expansion.find('*'); at != std::string::npos; at = expansion.find('*', at)) {
      expansion.replace(at, 1, parameter);
      at += parameter.size();
    }
  }
  std::vector<Part> parts;
  std::size_t at = 0;
  while (at < expansion.size()) {
    if (expansion[at] != '{') {
      const std::size_t end = std::min(expansion.find('{', at), expansion.size());
      parts.push_back({Part::Kind::kText, expansion.substr(at, end - at), 0, {}});
      AddWords(parts.back().text);
      at = end;
      continue;
    }
    const std::size_t end = expansion.find('}', at);
    std::string name = expansion.substr(at + 1, end - at - 1);
    at = end + 1;
    if (name[0] != '#') {
      parts.push_back({Part::Kind::kSymbol, {}, Intern(name), {}});
      continue;
    }
    const std::size_t colon = std::min(name.find(':'), name.size());
    std::string form = colon == name.size() ? "" : name.substr(colon + 1);
    parts.push_back({Part::Kind::kValue, {}, PoolIndex(name.substr(1, colon - 1)), std::move(form)});
  }
  return parts;
}

void Grammar::AddWords(std::string_view text) {
  for (std::string& word : Split(text)) {
    if (std::isalnum(static_cast<unsigned char>(word[0])) != 0) words_.push_back(std::move(word));
  }
}

void Grammar::Fill(std::size_t symbol) {
  const std::string name = symbols_[symbol].name;
  const auto productions = Productions();
  for (std::size_t i = 0; i < productions.size(); ++i) {
    const Match match = MatchSymbol(productions[i].symbol, name);
    if (!match.matches) continue;
    std::vector<Part> parts = Parts(std::string(productions[i].expansion), match.parameter);
    symbols_[symbol].alternatives.push_back({i, std::move(parts), kNoTree});
  }
  if (symbols_[symbol].alternatives.empty()) mistakes_.push_back("nothing produces " + name);
}

// Rounds until nothing gets lower; a height only falls.
void Grammar::FindHeights() {
  for (bool changed = true; changed;) {
    changed = false;
    for (Symbol& symbol : symbols_) {
      for (Alternative& alternative : symbol.alternatives) {
        unsigned highest = 0;
        for (const Part& part : alternative.parts) {
          if (part.kind == Part::Kind::kSymbol) highest = std::max(highest, symbols_[part.index].height);
        }
        if (highest == kNoTree || highest + 1 >= alternative.height) continue;
        alternative.height = highest + 1;
        symbol.height = std::min(symbol.height, alternative.height);
        changed = true;
      }
    }
  }
  for (const Symbol& symbol : symbols_) {
    for (const Alternative& alternative : symbol.alternatives) {
      if (alternative.height == kNoTree)
        mistakes_.push_back("never ends: " + Name(Productions()[alternative.production]));
    }
  }
}

void Grammar::FindUnused() {
  std::vector<bool> used(Productions().size());
  for (const Symbol& symbol : symbols_) {
    for (const Alternative& alternative : symbol.alternatives) used[alternative.production] = true;
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) mistakes_.push_back("never used: " + Name(Productions()[i]));
  }
  for (std::size_t i = 0; i < pool_used_.size(); ++i) {
    if (!pool_used_[i]) mistakes_.push_back(fmt::format("never used: pool {}", Pools()[i].name));
  }
}

const Grammar& FilterGrammar() {
  static const Grammar kGrammar;
  return kGrammar;
}

}  // namespace bpfopt::bench
