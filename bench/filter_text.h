// Random filter text from the grammar of the language. A seed gives the same filters on every machine that
// has the same libpcap.
#ifndef BPFOPT_BENCH_FILTER_TEXT_H
#define BPFOPT_BENCH_FILTER_TEXT_H

#include "bench/filter_grammar.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace bpfopt::bench {

struct FilterText {
  std::string text = {};
  std::vector<std::size_t> productions = {};  // that it is made of, each once, in order; none for a mutant
  bool is_mutant = false;
};

struct TextOptions {
  std::string link_type;  // whose words come up more often
  unsigned depth = 16;    // of the tree of productions, at most, where the grammar allows it; at least 6
  unsigned misfits = 6;   // percent that are kept whatever `takes` would say
  unsigned mutants = 10;  // percent of filters that are no longer what the grammar made
};

// Most primitives are drawn until `takes` says yes, so that most filters are filters. Without it all are
// kept.
using Takes = std::function<bool(const std::string& filter)>;

class TextGenerator {
 public:
  TextGenerator(std::uint64_t seed, TextOptions options, Takes takes = {});

  FilterText Filter();

 private:
  std::uint64_t Below(std::uint64_t bound) { return random_() % bound; }
  bool Chance(unsigned percent) { return Below(100) < percent; }

  void Expand(std::size_t symbol, unsigned depth, std::string& text);
  void ExpandPrimitive(unsigned depth, std::string& text);
  void ExpandOnce(std::size_t symbol, unsigned depth, std::string& text);
  const Grammar::Alternative& Choose(const Grammar::Symbol& symbol, unsigned depth);
  unsigned Weight(const Production& production) const;
  std::string Value(const Grammar::Part& part);
  std::string Mutate(const std::string& text);

  std::mt19937_64 random_;
  TextOptions options_;
  Takes takes_;
  std::vector<bool> is_home_;  // of the link type, by production
  std::vector<std::size_t> used_;
};

// Whether words of the grammar belong to the link type alone.
bool HasWordsOfItsOwn(std::string_view link_type);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_FILTER_TEXT_H
