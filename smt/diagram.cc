#include "smt/diagram.h"

#include "smt/node.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace bpfopt::smt {
namespace {

// A reference to a diagram: the index of its node, and in the lowest bit whether it is negated. Canonical:
// the high child of a node is never negated, so equal functions have equal references.
using Ref = std::uint32_t;

constexpr Ref kTrue = 0;
constexpr Ref kFalse = 1;
constexpr Ref kNone = ~Ref{0};
constexpr std::uint64_t kUnsatisfiable = ~std::uint64_t{0};
constexpr std::uint32_t kTerminalLevel = ~std::uint32_t{0};

// Operations recurse once a level, so this bounds the stack.
constexpr std::uint32_t kMaxLevels = 8192;

// A sum or a comparison that needs more nodes than this by itself becomes an unknown of its own. Equalities
// of two unknowns have less: with the two far apart in the order they are small one by one, and multiply when
// they meet.
constexpr std::size_t kTermNodes = 3000;
constexpr std::size_t kEqualityNodes = 200;

constexpr std::size_t kInitialTable = 1 << 10;
constexpr std::size_t kNodesBetweenLooks = 1 << 12;  // at the interruption
constexpr std::size_t kLargestCache = 1 << 18;

constexpr Ref Negate(Ref f) { return f ^ 1; }

std::size_t Hash(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  std::uint64_t hash = a * 0x9e3779b97f4a7c15 + b;
  hash = (hash ^ (hash >> 31)) * 0xbf58476d1ce4e5b9 + c;
  hash = (hash ^ (hash >> 29)) * 0x94d049bb133111eb;
  return static_cast<std::size_t>(hash ^ (hash >> 32));
}

// Reduced ordered diagrams with a bound on their number. Past the bound every result is meaningless and
// exhausted() says so.
class Manager {
 public:
  Manager(std::size_t max_nodes, std::size_t max_live, Interruption interruption)
      : max_nodes_(max_nodes),
        max_live_(max_live),
        interruption_(std::move(interruption)),
        table_(kInitialTable, kNone),
        cache_(kInitialTable) {
    nodes_.push_back({kTerminalLevel, kTrue, kTrue});
  }

  bool exhausted() const { return exhausted_; }
  std::size_t made() const { return collected_ + nodes_.size(); }
  std::uint32_t Level(Ref f) const { return nodes_[f >> 1].level; }

  // Between these two, only `nodes` more may be made. EndTrial says whether they sufficed; if not, what was
  // computed in between is meaningless, and all else is as before.
  void BeginTrial(std::size_t nodes) { limit_ = std::min(Limit(), nodes_.size() + nodes); }
  bool EndTrial() {
    const bool sufficed = !exhausted_;
    exhausted_ = exhausted_ && (limit_ == Limit() || levels_ == kMaxLevels);
    limit_ = Limit();
    return sufficed;
  }

  bool WantsCollection() const { return nodes_.size() >= collect_at_ && !exhausted_; }

  // Drops what none of `roots` leads to, and gives them their new references. Not during a trial.
  void Collect(const std::vector<Ref*>& roots) {
    std::vector<bool> live(nodes_.size(), false);
    live[0] = true;
    for (const Ref* root : roots) live[*root >> 1] = true;
    for (std::size_t i = nodes_.size(); i-- > 1;) {  // children are older than their parents
      if (!live[i]) continue;
      live[nodes_[i].low >> 1] = true;
      live[nodes_[i].high >> 1] = true;
    }
    std::vector<Ref> place(nodes_.size(), 0);
    const auto moved = [&](Ref f) { return place[f >> 1] << 1 | (f & 1); };
    std::size_t kept = 1;
    for (std::size_t i = 1; i < nodes_.size(); ++i) {
      if (!live[i]) continue;
      nodes_[kept] = {nodes_[i].level, moved(nodes_[i].low), moved(nodes_[i].high)};
      place[i] = static_cast<Ref>(kept++);
    }
    for (Ref* root : roots) *root = moved(*root);
    collected_ += nodes_.size() - kept;
    nodes_.resize(kept);
    limit_ = Limit();
    collect_at_ = std::max(CollectFrom(), kept + (max_live_ - kept) / 2);
    FillTable();
    std::fill(cache_.begin(), cache_.end(), CacheEntry());
  }

  Ref NewVariable() {
    if (levels_ == kMaxLevels) exhausted_ = true;
    return exhausted_ ? kTrue : Make(levels_++, kFalse, kTrue);
  }

  Ref And(Ref f, Ref g) { return Ite(f, g, kFalse); }
  Ref Or(Ref f, Ref g) { return Ite(f, kTrue, g); }
  Ref Xor(Ref f, Ref g) { return Ite(f, Negate(g), g); }

  Ref Ite(Ref f, Ref g, Ref h) {
    if (exhausted_) return kTrue;
    if (f == kTrue) return g;
    if (f == kFalse) return h;
    if (f == g) g = kTrue;
    if (f == Negate(g)) g = kFalse;
    if (f == h) h = kFalse;
    if (f == Negate(h)) h = kTrue;
    if (g == h) return g;
    if (g == kTrue && h == kFalse) return f;
    if (g == kFalse && h == kTrue) return Negate(f);
    // One form for functions that are equal: f and g are not negated, and commutative operands ascend.
    if (g == kTrue && f > h) std::swap(f, h);
    if (h == kFalse && f > g) std::swap(f, g);
    if ((f & 1) != 0) {
      f = Negate(f);
      std::swap(g, h);
    }
    const bool negated = (g & 1) != 0;
    if (negated) {
      g = Negate(g);
      h = Negate(h);
    }
    const Ref result = IteCached(f, g, h);
    return negated ? Negate(result) : result;
  }

  // The value of each variable, by level, in an assignment that makes `f` true, where the sum of the costs of
  // those that are 1 is least; 0 where both will do. `costs` may lack the last levels, whose cost is 1.
  std::vector<bool> Satisfy(Ref f, const std::vector<std::uint64_t>& costs) const {
    std::vector<bool> values(levels_, false);
    const std::unordered_map<Ref, std::uint64_t> least = LeastCosts(f, costs);
    while (f >> 1 != 0) {
      const Entry& node = nodes_[f >> 1];
      const Ref low = node.low ^ (f & 1);
      const Ref high = node.high ^ (f & 1);
      const bool one = AddCost(least.at(high), CostOf(node.level, costs)) < least.at(low);
      values[node.level] = one;
      f = one ? high : low;
    }
    return values;
  }

  bool Evaluate(Ref f, const std::vector<bool>& values) const {
    while (f >> 1 != 0) {
      const Entry& node = nodes_[f >> 1];
      const bool value = node.level < values.size() && values[node.level];
      f = (value ? node.high : node.low) ^ (f & 1);
    }
    return f == kTrue;
  }

 private:
  struct Entry {
    std::uint32_t level;
    Ref low;
    Ref high;
  };
  struct CacheEntry {
    Ref f = kNone;
    Ref g = kNone;
    Ref h = kNone;
    Ref result = kNone;
  };

  Ref Low(Ref f, std::uint32_t level) const { return Level(f) == level ? nodes_[f >> 1].low ^ (f & 1) : f; }
  Ref High(Ref f, std::uint32_t level) const { return Level(f) == level ? nodes_[f >> 1].high ^ (f & 1) : f; }

  static std::uint64_t CostOf(std::uint32_t level, const std::vector<std::uint64_t>& costs) {
    return level < costs.size() ? costs[level] : 1;
  }
  static std::uint64_t AddCost(std::uint64_t a, std::uint64_t b) {
    return a > kUnsatisfiable - b ? kUnsatisfiable : a + b;
  }

  // By reference: the least cost of an assignment that makes it true. A node's children are older than it is.
  std::unordered_map<Ref, std::uint64_t> LeastCosts(Ref root, const std::vector<std::uint64_t>& costs) const {
    std::unordered_map<Ref, std::uint64_t> least = {{kTrue, 0}, {kFalse, kUnsatisfiable}};
    std::vector<Ref> reached = {root};
    std::unordered_set<Ref> seen = {kTrue, kFalse, root};
    for (std::size_t i = 0; i < reached.size(); ++i) {
      const Entry& node = nodes_[reached[i] >> 1];
      for (const Ref child : {node.low ^ (reached[i] & 1), node.high ^ (reached[i] & 1)}) {
        if (seen.insert(child).second) reached.push_back(child);
      }
    }
    std::sort(reached.begin(), reached.end());
    for (const Ref f : reached) {
      if (f >> 1 == 0) continue;
      const Entry& node = nodes_[f >> 1];
      const std::uint64_t high = AddCost(least.at(node.high ^ (f & 1)), CostOf(node.level, costs));
      least[f] = std::min(least.at(node.low ^ (f & 1)), high);
    }
    return least;
  }

  Ref IteCached(Ref f, Ref g, Ref h) {
    const std::size_t hash = Hash(f, g, h);
    const CacheEntry& cached = cache_[hash & (cache_.size() - 1)];
    if (cached.f == f && cached.g == g && cached.h == h) return cached.result;
    const std::uint32_t level = std::min({Level(f), Level(g), Level(h)});
    const Ref high = Ite(High(f, level), High(g, level), High(h, level));
    const Ref low = Ite(Low(f, level), Low(g, level), Low(h, level));
    const Ref result = exhausted_ ? kTrue : Make(level, low, high);
    if (!exhausted_) cache_[hash & (cache_.size() - 1)] = {f, g, h, result};
    return result;
  }

  Ref Make(std::uint32_t level, Ref low, Ref high) {
    if (low == high) return low;
    const bool negated = (high & 1) != 0;
    if (negated) {
      low = Negate(low);
      high = Negate(high);
    }
    std::size_t slot = Hash(level, low, high) & (table_.size() - 1);
    for (; table_[slot] != kNone; slot = (slot + 1) & (table_.size() - 1)) {
      const Entry& node = nodes_[table_[slot]];
      if (node.level == level && node.low == low && node.high == high) {
        return table_[slot] << 1 | static_cast<Ref>(negated);
      }
    }
    if (nodes_.size() % kNodesBetweenLooks == 0 && interruption_.IsRequested()) {
      max_nodes_ = collected_;
      limit_ = Limit();
    }
    if (nodes_.size() >= limit_) {
      exhausted_ = true;
      return kTrue;
    }
    const auto index = static_cast<Ref>(nodes_.size());
    table_[slot] = index;
    nodes_.push_back({level, low, high});
    if (nodes_.size() * 2 > table_.size()) Grow();
    return index << 1 | static_cast<Ref>(negated);
  }

  // How long nodes_ may get.
  std::size_t Limit() const { return std::min(max_live_, max_nodes_ - collected_); }
  std::size_t CollectFrom() const { return max_live_ / 3; }

  void Grow() {
    table_.resize(table_.size() * 2);
    FillTable();
    if (cache_.size() < kLargestCache) cache_.assign(cache_.size() * 2, CacheEntry());
  }

  void FillTable() {
    std::fill(table_.begin(), table_.end(), kNone);
    for (std::size_t i = 1; i < nodes_.size(); ++i) {
      std::size_t slot = Hash(nodes_[i].level, nodes_[i].low, nodes_[i].high) & (table_.size() - 1);
      while (table_[slot] != kNone) slot = (slot + 1) & (table_.size() - 1);
      table_[slot] = static_cast<Ref>(i);
    }
  }

  std::size_t max_nodes_;  // made in all
  std::size_t max_live_;   // at a time
  Interruption interruption_;
  std::size_t collected_ = 0;
  std::size_t limit_ = Limit();
  std::size_t collect_at_ = CollectFrom();
  bool exhausted_ = false;
  std::uint32_t levels_ = 0;
  std::vector<Entry> nodes_;
  std::vector<Ref> table_;         // open addressing, indices of nodes
  std::vector<CacheEntry> cache_;  // direct mapped; what is overwritten is computed again
};

// The diagram of each bit, lowest first; of a boolean, one.
using Bits = std::vector<Ref>;

}  // namespace

struct Diagrams::Impl {
  Impl(std::size_t max_nodes, std::size_t max_live, Interruption interruption)
      : manager(max_nodes, max_live, std::move(interruption)) {}

  const Bits& Of(const Node* root);
  void Place(const Node* variable);
  void Minimize(const Node* variable);

  Manager manager;
  std::vector<std::uint64_t> costs;  // by level
  std::vector<bool> assignment;

 private:
  Bits Combine(const Node* node);
  Bits CombineOrAbstract(const Node* node);
  Bits Abstract(const Node* node);
  Bits Fresh(unsigned width);
  Bits Unknown(const Node* node);
  void Collect(const Node* root);
  Bits Sum(const Bits& a, const Bits& b);
  Bits Product(const Bits& a, const Bits& b);
  Bits Shift(const Bits& a, const Bits& by, bool left);
  std::pair<Bits, Bits> Divide(const Bits& a, const Bits& b);
  Bits Choose(Ref condition, const Bits& a, const Bits& b);
  Ref Equal(const Bits& a, const Bits& b);
  Ref Less(const Bits& a, const Bits& b);
  const Bits& Operand(const Node* node, int i) const { return bits_[node->operands[i]->id]; }
  bool Known(const Node* node) const { return node->id < bits_.size() && !bits_[node->id].empty(); }
  void Record(const Node* node, Bits bits) {
    if (node->id >= bits_.size()) bits_.resize(node->id + 1);
    bits_[node->id] = std::move(bits);
  }

  std::vector<Bits> bits_;               // by the id of a term; empty: not made yet, or dropped
  std::vector<std::uint32_t> unknowns_;  // the ids of terms that stand for themselves
  std::map<std::pair<std::uint32_t, std::uint32_t>, Bits> slacks_;
};

// Variables of one term get adjacent levels, the highest bit first.
Bits Diagrams::Impl::Fresh(unsigned width) {
  Bits bits(width);
  for (unsigned i = width; i-- > 0;) bits[i] = manager.NewVariable();
  return bits;
}

// Fresh bits for the term itself, which it keeps for good.
Bits Diagrams::Impl::Unknown(const Node* node) {
  unknowns_.push_back(node->id);
  return Fresh(std::max<unsigned>(node->width, 1));
}

void Diagrams::Impl::Place(const Node* variable) {
  if (!Known(variable)) Record(variable, Unknown(variable));
}

// Drops the diagrams of terms that `root` does not need any more; should another ask for them, they are made
// again.
void Diagrams::Impl::Collect(const Node* root) {
  std::vector<bool> needed(bits_.size(), false);
  for (const std::uint32_t id : unknowns_) needed[id] = true;
  std::vector<const Node*> stack = {root};
  std::unordered_set<const Node*> seen = {root};
  while (!stack.empty()) {
    const Node* node = stack.back();
    stack.pop_back();
    if (Known(node)) {
      needed[node->id] = true;
      continue;
    }
    for (const Node* operand : node->operands) {
      if (operand != nullptr && seen.insert(operand).second) stack.push_back(operand);
    }
  }
  std::vector<Ref*> roots;
  for (std::size_t id = 0; id < bits_.size(); ++id) {
    if (!needed[id]) Bits().swap(bits_[id]);
    for (Ref& bit : bits_[id]) roots.push_back(&bit);
  }
  for (auto& [terms, bits] : slacks_) {
    for (Ref& bit : bits) roots.push_back(&bit);
  }
  manager.Collect(roots);
}

// More than all other bits together, and a higher bit more than all lower ones.
void Diagrams::Impl::Minimize(const Node* variable) {
  const Bits bits = bits_[variable->id];
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const std::uint32_t level = manager.Level(bits[i]);
    if (level == kTerminalLevel) return;  // there was no place any more
    if (level >= costs.size()) costs.resize(level + 1, 1);
    costs[level] = std::uint64_t{2 * kMaxLevels} << i;
  }
}

// Post-order with a stack of its own: terms are as deep as programs are long.
const Bits& Diagrams::Impl::Of(const Node* root) {
  std::vector<const Node*> stack = {root};
  while (!stack.empty() && !manager.exhausted()) {
    if (manager.WantsCollection()) Collect(root);
    const Node* node = stack.back();
    if (Known(node)) {
      stack.pop_back();
      continue;
    }
    bool ready = true;
    // The address of a selected byte is no part of its value here.
    if (node->op != Op::kSelect) {
      for (const Node* operand : node->operands) {
        if (operand == nullptr || Known(operand)) continue;
        stack.push_back(operand);
        ready = false;
      }
    }
    if (!ready) continue;
    stack.pop_back();
    Record(node, CombineOrAbstract(node));
  }
  if (!Known(root)) Record(root, Bits(std::max<unsigned>(root->width, 1), kTrue));
  return bits_[root->id];
}

Bits Diagrams::Impl::CombineOrAbstract(const Node* node) {
  switch (node->op) {
    case Op::kEq:
    case Op::kUlt:
    case Op::kAdd:
    case Op::kMul:
    case Op::kUDiv:
    case Op::kURem:
    case Op::kShl:
    case Op::kLShr: {
      manager.BeginTrial(node->op == Op::kEq && !IsConstant(node->operands[1]) ? kEqualityNodes : kTermNodes);
      Bits bits = Combine(node);
      return manager.EndTrial() ? bits : Abstract(node);
    }
    default:
      return Combine(node);
  }
}

// Unknown bits instead of a large term. Being hash-consed, the term is the same unknown wherever it occurs.
// Comparisons a < t, a < t + c, a < t + d keep what they say of each other: with the slack a - t + 1, or 0
// where a < t, they ask whether the slack is below 1, 1 + c and 1 + d.
Bits Diagrams::Impl::Abstract(const Node* node) {
  if (node->op != Op::kUlt) return Unknown(node);
  const Node* base = node->operands[1];
  std::uint64_t offset = 0;
  if (base->op == Op::kAdd && IsConstant(base->operands[1]) &&
      base->operands[0]->max <= LowMask(base->width) - base->operands[1]->value) {
    offset = base->operands[1]->value;
    base = base->operands[0];
  }
  Bits& slack = slacks_[{node->operands[0]->id, base->id}];
  if (slack.empty()) slack = Fresh(base->width + 1);
  Bits bound(slack.size(), kFalse);
  for (std::size_t i = 0; i < 64 && i < bound.size(); ++i) {
    if ((((offset + 1) >> i) & 1) != 0) bound[i] = kTrue;
  }
  return {Less(slack, bound)};
}

Bits Diagrams::Impl::Combine(const Node* node) {
  const auto operand = [&](int i) -> const Bits& { return Operand(node, i); };
  switch (node->op) {
    case Op::kBool:
      return {node->value != 0 ? kTrue : kFalse};
    case Op::kBoolVariable:
    case Op::kVariable:
    case Op::kSelect:
      return Unknown(node);
    case Op::kArray:
      return {kTrue};
    case Op::kConstant: {
      Bits bits(node->width);
      for (unsigned i = 0; i < node->width; ++i) bits[i] = ((node->value >> i) & 1) != 0 ? kTrue : kFalse;
      return bits;
    }
    case Op::kNot:
      return {Negate(operand(0)[0])};
    case Op::kAnd:
      return {manager.And(operand(0)[0], operand(1)[0])};
    case Op::kIff:
      return {Negate(manager.Xor(operand(0)[0], operand(1)[0]))};
    case Op::kEq:
      return {Equal(operand(0), operand(1))};
    case Op::kUlt:
      return {Less(operand(0), operand(1))};
    case Op::kIte:
      return Choose(operand(0)[0], operand(1), operand(2));
    case Op::kAdd:
      return Sum(operand(0), operand(1));
    case Op::kMul:
      return Product(operand(0), operand(1));
    case Op::kUDiv:
      return Divide(operand(0), operand(1)).first;
    case Op::kURem:
      return Divide(operand(0), operand(1)).second;
    case Op::kShl:
      return Shift(operand(0), operand(1), true);
    case Op::kLShr:
      return Shift(operand(0), operand(1), false);
    case Op::kBitNot: {
      Bits bits = operand(0);
      for (Ref& bit : bits) bit = Negate(bit);
      return bits;
    }
    case Op::kBitAnd:
    case Op::kBitOr:
    case Op::kBitXor: {
      Bits bits = operand(0);
      for (std::size_t i = 0; i < bits.size(); ++i) {
        const Ref other = operand(1)[i];
        bits[i] = node->op == Op::kBitAnd  ? manager.And(bits[i], other)
                  : node->op == Op::kBitOr ? manager.Or(bits[i], other)
                                           : manager.Xor(bits[i], other);
      }
      return bits;
    }
    case Op::kConcat: {
      Bits bits = operand(1);
      bits.insert(bits.end(), operand(0).begin(), operand(0).end());
      return bits;
    }
    case Op::kExtract: {
      const auto first = operand(0).begin() + static_cast<std::ptrdiff_t>(node->value);
      return Bits(first, first + node->width);
    }
  }
  return {kTrue};
}

Bits Diagrams::Impl::Sum(const Bits& a, const Bits& b) {
  Bits bits(a.size());
  Ref carry = kFalse;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Ref half = manager.Xor(a[i], b[i]);
    bits[i] = manager.Xor(half, carry);
    carry = manager.Ite(half, carry, a[i]);
  }
  return bits;
}

Bits Diagrams::Impl::Product(const Bits& a, const Bits& b) {
  Bits sum(a.size(), kFalse);
  for (std::size_t i = 0; i < b.size() && !manager.exhausted(); ++i) {
    if (b[i] == kFalse) continue;
    Bits row(a.size(), kFalse);
    for (std::size_t j = i; j < a.size(); ++j) row[j] = manager.And(b[i], a[j - i]);
    sum = Sum(sum, row);
  }
  return sum;
}

Bits Diagrams::Impl::Choose(Ref condition, const Bits& a, const Bits& b) {
  Bits bits(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) bits[i] = manager.Ite(condition, a[i], b[i]);
  return bits;
}

Bits Diagrams::Impl::Shift(const Bits& a, const Bits& by, bool left) {
  Bits bits = a;
  for (std::size_t stage = 0; stage < by.size(); ++stage) {
    Bits shifted(a.size(), kFalse);
    const std::size_t distance = stage < 7 ? std::size_t{1} << stage : a.size();
    for (std::size_t i = distance; i < a.size(); ++i) {
      if (left) {
        shifted[i] = bits[i - distance];
      } else {
        shifted[i - distance] = bits[i];
      }
    }
    bits = Choose(by[stage], shifted, bits);
  }
  return bits;
}

// Quotient and remainder by long division. By zero every subtraction fits, so the quotient is all ones and
// the remainder is the dividend, as SMT-LIB has it.
std::pair<Bits, Bits> Diagrams::Impl::Divide(const Bits& a, const Bits& b) {
  Bits quotient(a.size(), kFalse);
  // One bit more than the operands, for the shift.
  Bits rest(a.size() + 1, kFalse);
  Bits divisor = b;
  divisor.push_back(kFalse);
  Bits complement = divisor;
  for (Ref& bit : complement) bit = Negate(bit);
  Bits one(divisor.size(), kFalse);
  one[0] = kTrue;
  const Bits minus = Sum(complement, one);
  for (std::size_t i = a.size(); i-- > 0 && !manager.exhausted();) {
    rest.pop_back();
    rest.insert(rest.begin(), a[i]);
    const Ref fits = Negate(Less(rest, divisor));
    rest = Choose(fits, Sum(rest, minus), rest);
    quotient[i] = fits;
  }
  rest.pop_back();
  return {quotient, rest};
}

Ref Diagrams::Impl::Equal(const Bits& a, const Bits& b) {
  Ref equal = kTrue;
  for (std::size_t i = 0; i < a.size(); ++i) equal = manager.And(equal, Negate(manager.Xor(a[i], b[i])));
  return equal;
}

Ref Diagrams::Impl::Less(const Bits& a, const Bits& b) {
  Ref less = kFalse;
  for (std::size_t i = 0; i < a.size(); ++i) {
    less = manager.Ite(manager.Xor(a[i], b[i]), b[i], less);
  }
  return less;
}

Diagrams::Diagrams(Context& /*context*/, std::size_t max_nodes, std::size_t max_live,
                   Interruption interruption)
    : impl_(std::make_unique<Impl>(max_nodes, max_live, std::move(interruption))) {}
Diagrams::~Diagrams() = default;

void Diagrams::Place(Term variable) { impl_->Place(variable.node_); }

void Diagrams::Minimize(Term variable) { impl_->Minimize(variable.node_); }

Answer Diagrams::Check(Term condition) {
  const Ref diagram = impl_->Of(condition.node_)[0];
  if (impl_->manager.exhausted()) return Answer::kUnknown;
  if (diagram == kFalse) return Answer::kUnsat;
  impl_->assignment = impl_->manager.Satisfy(diagram, impl_->costs);
  return Answer::kSat;
}

std::uint64_t Diagrams::Evaluate(Term variable) {
  const Bits& bits = impl_->Of(variable.node_);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    if (impl_->manager.Evaluate(bits[i], impl_->assignment)) value |= std::uint64_t{1} << i;
  }
  return value;
}

std::size_t Diagrams::nodes() const { return impl_->manager.made(); }

}  // namespace bpfopt::smt
