// The language of pcap-filter(7) as data: productions, and the values of their numbers and names. Filters are
// made from it (filter_text.h), and how much of the language a run has seen is counted by it.
//
//   {"less-test", "less {number:length}"}
//
// In an expansion, braces hold a symbol, and all else stands for itself. `number:length` is an instance of
// `number:*`, in whose expansions the star is `length`. `{#port}` is a value of the pool `port`;
// `{#port:octal}` writes it in octal.
#ifndef BPFOPT_BENCH_FILTER_GRAMMAR_H
#define BPFOPT_BENCH_FILTER_GRAMMAR_H

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bpfopt::bench {

// Whether a filter with the production can be one of libpcap's.
enum class Taken { kOnSomeLinkType, kNever };

struct Production {
  std::string_view symbol;
  std::string_view expansion;
  unsigned weight = 1;
  // Link types that the words belong to, separated by spaces; there the production is taken more often.
  std::string_view home = {};
  Taken taken = Taken::kOnSomeLinkType;
};

std::span<const Production> Productions();

struct Pool {
  std::string_view name;
  std::string_view values;  // separated by spaces; those that are there more than once are taken more often
};

std::span<const Pool> Pools();

// A production as it is printed: "symbol: expansion".
std::string Name(const Production& production);

inline constexpr std::string_view kStartSymbol = "filter";
// What a filter consists of, connectives aside; also a filter alone.
inline constexpr std::string_view kPrimitive = "primitive";

// The productions with their symbols looked up and their stars replaced.
class Grammar {
 public:
  struct Part {
    enum class Kind { kText, kSymbol, kValue } kind = Kind::kText;
    std::string text;       // kText
    std::size_t index = 0;  // of the symbol or the pool
    std::string form;       // kValue: "", "octal" or "hexadecimal"
  };
  struct Alternative {
    std::size_t production = 0;
    std::vector<Part> parts;
    unsigned height = 0;  // of the lowest tree with it at the root
  };
  struct Symbol {
    std::string name;
    std::vector<Alternative> alternatives;
    unsigned height = 0;  // the least of the alternatives'
  };

  // A reference to what nothing produces is in Mistakes().
  Grammar();

  const Symbol& operator[](std::size_t index) const { return symbols_[index]; }
  std::size_t start() const { return start_; }
  std::size_t primitive() const { return primitive_; }
  const std::vector<std::string>& PoolValues(std::size_t pool) const { return pools_[pool]; }
  // The words of the expansions: letters, digits and what joins them.
  const std::vector<std::string>& Words() const { return words_; }
  // Symbols and pools that are named and not there, or are there and never named.
  const std::vector<std::string>& Mistakes() const { return mistakes_; }

 private:
  std::size_t Intern(const std::string& name);
  std::size_t PoolIndex(const std::string& name);
  std::vector<Part> Parts(std::string expansion, std::string_view parameter);
  void AddWords(std::string_view text);
  void Fill(std::size_t symbol);
  void FindHeights();
  void FindUnused();

  std::vector<Symbol> symbols_;
  std::vector<std::vector<std::string>> pools_;
  std::vector<bool> pool_used_;
  std::vector<std::string> words_;
  std::vector<std::string> mistakes_;
  std::size_t start_ = 0;
  std::size_t primitive_ = 0;
};

// Made once, on first use.
const Grammar& FilterGrammar();

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_FILTER_GRAMMAR_H
