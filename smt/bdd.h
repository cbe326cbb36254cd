// Reduced ordered binary decision diagrams with chains: what tests a word against a constant is one node.
//
// A node stands for a run of up to 32 successive levels. Where the variables have the values of its pattern,
// the function goes on at `high`. At the first level where one has not, it is true, or false, or goes on at
// `low`, which is the same for all levels of the run:
//
//   x == 5, three bits     pattern 101, misses F F F
//   x < 5                  pattern 101, misses T F T, high F
//   x == 5 ? f : g         pattern 101, misses g g g, high f
//
// A plain diagram has a node for each level there, and a set of a thousand addresses twenty times as many.
//
// The form is canonical: a function has one reference. A run is what MakeNode makes of the function's
// variables from the last level to the first, and MakeNode depends on nothing but the two cofactors.
#ifndef BPFOPT_SMT_BDD_H
#define BPFOPT_SMT_BDD_H

#include "bpfopt/interruption.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace bpfopt::smt {

// A reference to a diagram: the index of its node, and in the lowest bit whether it is negated.
using Ref = std::uint32_t;

inline constexpr Ref kTrue = 0;
inline constexpr Ref kFalse = 1;
inline constexpr std::uint32_t kTerminalLevel = ~std::uint32_t{0};

// Operations recurse once a level, so this bounds the stack.
inline constexpr std::uint32_t kMaxLevels = 8192;

constexpr Ref Negate(Ref f) { return f ^ 1; }
constexpr bool IsConstantRef(Ref f) { return f <= kFalse; }

// Owns the nodes, with a bound on their number. Past the bound every result is meaningless and exhausted()
// says so.
class BddManager {
 public:
  // At most `max_nodes` are made, and `max_live` kept at a time. Once `interruption` is requested the bound
  // is reached.
  BddManager(std::size_t max_nodes, std::size_t max_live, Interruption interruption);

  bool exhausted() const { return exhausted_; }
  std::size_t made() const { return collected_ + nodes_.size(); }
  // Of the first variable that `f` depends on.
  std::uint32_t Level(Ref f) const { return nodes_[f >> 1].level; }

  // Between these two, only `nodes` more may be made. EndTrial says whether they sufficed; if not, what was
  // computed in between is meaningless, and all else is as before.
  void BeginTrial(std::size_t nodes);
  bool EndTrial();

  // Drops what none of `roots` leads to, and gives them their new references. Not during a trial.
  bool WantsCollection() const { return nodes_.size() >= collect_at_ && !exhausted_; }
  void Collect(const std::vector<Ref*>& roots);

  Ref NewVariable();
  // Is `f` a variable or a negated one?
  bool IsLiteral(Ref f) const;

  Ref And(Ref f, Ref g) { return Ite(f, g, kFalse); }
  Ref Or(Ref f, Ref g) { return Ite(f, kTrue, g); }
  Ref Xor(Ref f, Ref g) { return Ite(f, Negate(g), g); }
  Ref Ite(Ref f, Ref g, Ref h);
  // The same as one by one, but those that are much alike meet first.
  Ref AndAll(std::vector<Ref> functions);

  // The value of each variable, by level, in an assignment that makes `f` true, where the sum of the costs of
  // those that are 1 is least; 0 where both will do. `costs` may lack the last levels, whose cost is 1.
  std::vector<bool> Satisfy(Ref f, const std::vector<std::uint64_t>& costs) const;
  bool Evaluate(Ref f, const std::vector<bool>& values) const;

 private:
  // Bit i of the masks is of the level `level` + i. Canonical: `high` is not negated, `low` is kNone when all
  // misses are fixed, and a run of one level has one of its two forms (Orient).
  struct Run {
    std::uint32_t level;
    std::uint32_t length;
    std::uint32_t pattern;
    std::uint32_t fixed;  // misses that are true or false
    std::uint32_t value;  // and which
    Ref high;
    Ref low;

    bool operator==(const Run&) const = default;
    Ref Miss(std::uint32_t i) const {
      return ((fixed >> i) & 1) == 0 ? low : ((value >> i) & 1) != 0 ? kTrue : kFalse;
    }
  };
  // A function that may have no node yet: a run that further levels can be put on top of.
  struct Draft {
    Ref ref = kTrue;
    bool is_open = false;
    Run run = {};
  };
  struct CacheEntry {
    Ref f;
    Ref g;
    Ref h;
    Ref result;
  };
  struct Cofactors;

  static Draft Closed(Ref f) { return {f, false, {}}; }
  static void Orient(Run& run);
  static bool Extend(Run& run, bool bit, Ref miss);
  static std::size_t HashOf(const Run& run);
  static Run NegatedRun(Run run);

  Run Open(Ref f) const;
  // The function that is `draft` where the variable of `level` is `bit`, else `miss`. Both depend on later
  // levels only.
  void MakeNode(Draft& draft, std::uint32_t level, bool bit, Ref miss);
  bool Continue(Draft& draft, Ref f, std::uint32_t level, bool bit, Ref miss) const;
  Ref Close(Draft& draft);
  Ref Intern(Run run);
  Ref Rest(const Run& run, std::uint32_t levels);
  Ref IteCached(Ref f, Ref g, Ref h);
  Ref Combine(Cofactors& cofactors);
  Ref Split(Cofactors& cofactors);

  std::size_t Limit() const;  // how long nodes_ may get
  void Grow();
  void FillTable();

  using SortKey = std::array<std::uint64_t, 8>;
  SortKey SortKeyOf(Ref f) const;

  using Costs = std::unordered_map<Ref, std::uint64_t>;
  static std::array<std::uint64_t, 33> CostsOfRun(const Run& run, const Costs& least,
                                                  const std::vector<std::uint64_t>& costs);
  Costs LeastCosts(Ref root, const std::vector<std::uint64_t>& costs) const;

  std::size_t max_nodes_;  // made in all
  std::size_t max_live_;   // at a time
  Interruption interruption_;
  std::size_t collected_ = 0;
  std::size_t limit_;
  std::size_t collect_at_;
  bool exhausted_ = false;
  std::uint32_t levels_ = 0;
  std::vector<Run> nodes_;
  std::vector<Ref> table_;         // open addressing, indices of nodes
  std::vector<CacheEntry> cache_;  // direct mapped; what is overwritten is computed again

  friend class BddWord;
};

// Builds the diagram of a comparison with a constant from its last variable to its first, without nodes in
// between.
class BddWord {
 public:
  BddWord(BddManager& manager, Ref at_end) : manager_(&manager), draft_(BddManager::Closed(at_end)) {}
  // Is what there is so far where `literal` has the value `bit`, else `miss`, which is constant. False when
  // `literal` is none, or not before all others; then nothing has changed.
  bool Add(Ref literal, bool bit, Ref miss);
  Ref Close() { return manager_->Close(draft_); }

 private:
  BddManager* manager_;
  BddManager::Draft draft_;
  std::uint32_t top_ = kTerminalLevel;
};

}  // namespace bpfopt::smt

#endif  // BPFOPT_SMT_BDD_H
