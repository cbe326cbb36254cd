// Random filters of the language, as trees and as text. A seed gives the same filters on every machine.
#ifndef BPFOPT_TESTS_FRONTEND_RANDOM_FILTER_H
#define BPFOPT_TESTS_FRONTEND_RANDOM_FILTER_H

#include "frontend/ast.h"

#include <cstdint>
#include <initializer_list>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace bpfopt::frontend {

// The words that only some link types have; kNone for none of them.
enum class RandomWords : std::uint8_t { kNone, kEthernet, kWlan, kPfLog, kAtm, kSs7, kArcnet };

// What may occur in a filter, so that it compiles for a link type.
struct RandomScope {
  bool ethernet = true;        // ether host, ether multicast
  bool encapsulations = true;  // vlan, mpls, pppoes, geneve
  bool arithmetic = true;
  bool extensions = false;  // when(), rand() and, in text, sets
  bool names = false;       // names that netbase and every resolver know
  RandomWords words = RandomWords::kNone;
};

class RandomFilter {
 public:
  RandomFilter(std::uint64_t seed, RandomScope scope) : random_(seed), scope_(scope) {}

  // A tree of about `size` predicates.
  Ast Tree(unsigned size);
  // Filter text of about `size` predicates, in all spellings: inherited qualifiers, synonyms, needless
  // parentheses.
  std::string Text(unsigned size);
  // `text` with a word dropped, doubled, swapped or put in: mostly no filter any more.
  std::string Mutate(const std::string& text);

  // The alternatives of random_words.h that Text() has drawn so far, as "symbol: alternative".
  const std::set<std::string>& drawn() const { return drawn_; }

  std::uint64_t Below(std::uint64_t n) { return random_() % n; }
  bool Chance(unsigned percent) { return Below(100) < percent; }

 private:
  template <typename T>
  T Pick(std::initializer_list<T> choices) {
    return choices.begin()[Below(choices.size())];
  }
  NodeId Predicate(Ast& ast, unsigned size);
  NodeId Leaf(Ast& ast);
  NodeId Arithmetic(Ast& ast, unsigned size);
  Test RandomTest();
  Ipv4 RandomNetwork();

  std::string TextTerm(unsigned size);
  std::string TextIds(unsigned size, const std::vector<std::string>& ids);
  std::string TextSet(unsigned size, const std::vector<std::string>& ids);
  std::string TextArithmetic(unsigned size);
  std::string TextNumber();
  std::string TextWord();
  std::string Expand(std::string_view text);
  NodeId Word(Ast& ast);

  std::mt19937_64 random_;
  RandomScope scope_;
  std::set<std::string> drawn_;
};

}  // namespace bpfopt::frontend

#endif  // BPFOPT_TESTS_FRONTEND_RANDOM_FILTER_H
