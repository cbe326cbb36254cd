#include "smt/bdd.h"

#include <algorithm>
#include <bit>
#include <unordered_set>
#include <utility>

namespace bpfopt::smt {
namespace {

constexpr Ref kNone = ~Ref{0};
constexpr std::uint64_t kUnsatisfiable = ~std::uint64_t{0};
constexpr std::uint32_t kLongestRun = 32;

constexpr std::size_t kInitialTable = 1 << 10;
constexpr std::size_t kNodesBetweenLooks = 1 << 12;  // at the interruption
constexpr std::size_t kLargestCache = 1 << 18;

std::size_t Hash(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  std::uint64_t hash = a * 0x9e3779b97f4a7c15 + b;
  hash = (hash ^ (hash >> 31)) * 0xbf58476d1ce4e5b9 + c;
  hash = (hash ^ (hash >> 29)) * 0x94d049bb133111eb;
  return static_cast<std::size_t>(hash ^ (hash >> 32));
}

constexpr std::uint32_t LowBits(std::uint32_t count) {
  return count >= 32 ? ~std::uint32_t{0} : (std::uint32_t{1} << count) - 1;
}

std::uint64_t CostOf(std::uint32_t level, const std::vector<std::uint64_t>& costs) {
  return level < costs.size() ? costs[level] : 1;
}

std::uint64_t AddCost(std::uint64_t a, std::uint64_t b) {
  return a > kUnsatisfiable - b ? kUnsatisfiable : a + b;
}

}  // namespace

BddManager::BddManager(std::size_t max_nodes, std::size_t max_live, Interruption interruption)
    : max_nodes_(max_nodes),
      max_live_(max_live),
      interruption_(std::move(interruption)),
      limit_(Limit()),
      collect_at_(max_live / 3),
      table_(kInitialTable, kNone),
      cache_(kInitialTable, {kNone, kNone, kNone, kNone}) {
  nodes_.push_back({kTerminalLevel, 0, 0, 0, 0, kTrue, kTrue});
}

std::size_t BddManager::Limit() const { return std::min(max_live_, max_nodes_ - collected_); }

void BddManager::BeginTrial(std::size_t nodes) { limit_ = std::min(Limit(), nodes_.size() + nodes); }

bool BddManager::EndTrial() {
  const bool sufficed = !exhausted_;
  exhausted_ = exhausted_ && (limit_ == Limit() || levels_ == kMaxLevels);
  limit_ = Limit();
  return sufficed;
}

void BddManager::Collect(const std::vector<Ref*>& roots) {
  std::vector<bool> live(nodes_.size(), false);
  live[0] = true;
  for (const Ref* root : roots) live[*root >> 1] = true;
  for (std::size_t i = nodes_.size(); i-- > 1;) {  // children are older than their parents
    if (!live[i]) continue;
    live[nodes_[i].high >> 1] = true;
    if (nodes_[i].low != kNone) live[nodes_[i].low >> 1] = true;
  }
  std::vector<Ref> place(nodes_.size(), 0);
  const auto moved = [&](Ref f) { return f == kNone ? kNone : place[f >> 1] << 1 | (f & 1); };
  std::size_t kept = 1;
  for (std::size_t i = 1; i < nodes_.size(); ++i) {
    if (!live[i]) continue;
    Run run = nodes_[i];
    run.high = moved(run.high);
    run.low = moved(run.low);
    nodes_[kept] = run;
    place[i] = static_cast<Ref>(kept++);
  }
  for (Ref* root : roots) *root = moved(*root);
  collected_ += nodes_.size() - kept;
  nodes_.resize(kept);
  limit_ = Limit();
  collect_at_ = std::max(max_live_ / 3, kept + (max_live_ - kept) / 2);
  FillTable();
  std::fill(cache_.begin(), cache_.end(), CacheEntry{kNone, kNone, kNone, kNone});
}

Ref BddManager::NewVariable() {
  if (levels_ == kMaxLevels) exhausted_ = true;
  if (exhausted_) return kTrue;
  Draft draft = Closed(kTrue);
  MakeNode(draft, levels_++, true, kFalse);
  return Close(draft);
}

bool BddManager::IsLiteral(Ref f) const {
  const Run& run = nodes_[f >> 1];
  return run.length == 1 && run.fixed == 1 && IsConstantRef(run.high);
}

// Of the two forms of one level that where the run goes on at what is not constant; else that with pattern 1.
void BddManager::Orient(Run& run) {
  if (run.length != 1) return;
  const Ref miss = run.Miss(0);
  const bool flips =
      IsConstantRef(run.high) != IsConstantRef(miss) ? IsConstantRef(run.high) : run.pattern == 0;
  if (!flips) return;
  run.pattern ^= 1;
  run.fixed = IsConstantRef(run.high) ? 1 : 0;
  run.value = run.high == kTrue ? 1 : 0;
  run.low = run.fixed != 0 ? kNone : run.high;
  run.high = miss;
}

BddManager::Run BddManager::NegatedRun(Run run) {
  run.value ^= run.fixed;
  run.high = Negate(run.high);
  if (run.low != kNone) run.low = Negate(run.low);
  return run;
}

BddManager::Run BddManager::Open(Ref f) const {
  const Run& run = nodes_[f >> 1];
  return (f & 1) != 0 ? NegatedRun(run) : run;
}

// Puts a level on top; false when the run cannot take it. A run that does is not `miss`, which is constant or
// below it.
bool BddManager::Extend(Run& run, bool bit, Ref miss) {
  if (run.length == kLongestRun) return false;
  if (!IsConstantRef(miss) && miss != run.low) {
    if (miss != run.high || (run.low != kNone && run.length != 1)) return false;
    if (run.length == 1) {  // the other form
      const Ref other = run.Miss(0);
      run = {run.level, 1, run.pattern ^ 1, 0, 0, other, miss};
    }
    run.low = miss;
  }
  --run.level;
  ++run.length;
  run.pattern = run.pattern << 1 | static_cast<std::uint32_t>(bit);
  run.fixed = run.fixed << 1 | static_cast<std::uint32_t>(IsConstantRef(miss));
  run.value = run.value << 1 | static_cast<std::uint32_t>(miss == kTrue);
  return true;
}

// Makes `draft` an extension of `f`, if that begins at the next level and takes one.
bool BddManager::Continue(Draft& draft, Ref f, std::uint32_t level, bool bit, Ref miss) const {
  if (IsConstantRef(f) || Level(f) != level + 1) return false;
  Run run = Open(f);
  if (!Extend(run, bit, miss)) return false;
  draft = {kTrue, true, run};
  return true;
}

// At most one of the two takes the other: what a run takes is constant or below it.
void BddManager::MakeNode(Draft& draft, std::uint32_t level, bool bit, Ref miss) {
  if (draft.is_open && draft.run.level == level + 1 && Extend(draft.run, bit, miss)) return;
  const Ref hit = Close(draft);
  if (hit == miss) return;
  if (Continue(draft, hit, level, bit, miss) || Continue(draft, miss, level, !bit, hit)) return;
  Run run{level, 1, static_cast<std::uint32_t>(bit), 0, 0, hit, miss};
  if (IsConstantRef(miss)) {
    run.fixed = 1;
    run.value = miss == kTrue ? 1 : 0;
    run.low = kNone;
  }
  Orient(run);
  draft = {kTrue, true, run};
}

Ref BddManager::Close(Draft& draft) {
  if (draft.is_open) draft = Closed(Intern(draft.run));
  return draft.ref;
}

std::size_t BddManager::HashOf(const Run& run) {
  return Hash(std::uint64_t{run.high} << 32 | run.low, std::uint64_t{run.pattern} << 32 | run.value,
              std::uint64_t{run.fixed} << 32 | run.level << 6 | run.length);
}

Ref BddManager::Intern(Run run) {
  if (exhausted_) return kTrue;
  const bool negated = (run.high & 1) != 0;
  if (negated) run = NegatedRun(run);
  std::size_t slot = HashOf(run) & (table_.size() - 1);
  for (; table_[slot] != kNone; slot = (slot + 1) & (table_.size() - 1)) {
    if (nodes_[table_[slot]] == run) return table_[slot] << 1 | static_cast<Ref>(negated);
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
  nodes_.push_back(run);
  if (nodes_.size() * 2 > table_.size()) Grow();
  return index << 1 | static_cast<Ref>(negated);
}

void BddManager::Grow() {
  table_.resize(table_.size() * 2);
  FillTable();
  if (cache_.size() < kLargestCache) cache_.assign(cache_.size() * 2, {kNone, kNone, kNone, kNone});
}

void BddManager::FillTable() {
  std::fill(table_.begin(), table_.end(), kNone);
  for (std::size_t i = 1; i < nodes_.size(); ++i) {
    std::size_t slot = HashOf(nodes_[i]) & (table_.size() - 1);
    while (table_[slot] != kNone) slot = (slot + 1) & (table_.size() - 1);
    table_[slot] = static_cast<Ref>(i);
  }
}

// Where the first `levels` have the values of the pattern.
Ref BddManager::Rest(const Run& run, std::uint32_t levels) {
  if (levels == run.length) return run.high;
  Run rest{run.level + levels,
           run.length - levels,
           run.pattern >> levels,
           run.fixed >> levels,
           run.value >> levels,
           run.high,
           run.low};
  if (rest.fixed == LowBits(rest.length)) rest.low = kNone;
  Orient(rest);
  return Intern(rest);
}

Ref BddManager::Ite(Ref f, Ref g, Ref h) {
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

// Three functions over the levels from `level` on. Those that begin there, and are active, have one pattern
// for the first `levels`; the others do not depend on those.
struct BddManager::Cofactors {
  std::uint32_t level = kTerminalLevel;
  std::uint32_t levels = 0;
  std::uint32_t pattern = 0;
  std::array<Ref, 3> functions;
  std::array<bool, 3> is_active = {};
  std::array<Run, 3> runs;  // of the active

  // Where the levels before `i` have the pattern's value and that one has not.
  Ref Miss(std::size_t function, std::uint32_t i) const {
    return is_active[function] ? runs[function].Miss(i) : functions[function];
  }
};

Ref BddManager::IteCached(Ref f, Ref g, Ref h) {
  const std::size_t hash = Hash(f, g, h);
  const CacheEntry& cached = cache_[hash & (cache_.size() - 1)];
  if (cached.f == f && cached.g == g && cached.h == h) return cached.result;
  Cofactors cofactors;
  cofactors.functions = {f, g, h};
  cofactors.level = std::min({Level(f), Level(g), Level(h)});
  cofactors.levels = kLongestRun;
  bool is_first = true;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::uint32_t level = Level(cofactors.functions[i]);
    if (level != cofactors.level) {
      cofactors.levels = std::min(cofactors.levels, level - cofactors.level);
      continue;
    }
    cofactors.is_active[i] = true;
    Run& run = cofactors.runs[i] = Open(cofactors.functions[i]);
    if (is_first) cofactors.pattern = run.pattern;
    is_first = false;
    const auto alike = static_cast<std::uint32_t>(std::countr_zero(run.pattern ^ cofactors.pattern));
    cofactors.levels = std::min({cofactors.levels, run.length, alike});
  }
  const Ref result = cofactors.levels == 0 ? Split(cofactors) : Combine(cofactors);
  if (exhausted_) return kTrue;
  cache_[hash & (cache_.size() - 1)] = {f, g, h, result};
  return result;
}

Ref BddManager::Combine(Cofactors& cofactors) {
  std::array<Ref, 3> rest = cofactors.functions;
  for (std::size_t i = 0; i < 3; ++i) {
    if (cofactors.is_active[i]) rest[i] = Rest(cofactors.runs[i], cofactors.levels);
  }
  Draft draft = Closed(Ite(rest[0], rest[1], rest[2]));
  // Neighbouring levels mostly miss alike.
  std::array<Ref, 3> missed = {kNone, kNone, kNone};
  Ref miss = kNone;
  for (std::uint32_t i = cofactors.levels; i-- > 0 && !exhausted_;) {
    const std::array<Ref, 3> misses = {cofactors.Miss(0, i), cofactors.Miss(1, i), cofactors.Miss(2, i)};
    if (misses != missed) {
      missed = misses;
      miss = Ite(misses[0], misses[1], misses[2]);
    }
    MakeNode(draft, cofactors.level + i, ((cofactors.pattern >> i) & 1) != 0, miss);
  }
  return Close(draft);
}

// The patterns differ at the first level.
Ref BddManager::Split(Cofactors& cofactors) {
  const auto at = [&](bool bit) {
    std::array<Ref, 3> cofactor = cofactors.functions;
    for (std::size_t i = 0; i < 3; ++i) {
      if (!cofactors.is_active[i]) continue;
      const Run& run = cofactors.runs[i];
      cofactor[i] = ((run.pattern & 1) != 0) == bit ? Rest(run, 1) : run.Miss(0);
    }
    return Ite(cofactor[0], cofactor[1], cofactor[2]);
  };
  Draft draft = Closed(at(true));
  const Ref low = at(false);
  if (!exhausted_) MakeNode(draft, cofactors.level, true, low);
  return Close(draft);
}

// The levels and patterns of the first runs, patterns as numbers whose highest bit is that of the first
// level.
BddManager::SortKey BddManager::SortKeyOf(Ref f) const {
  SortKey key{};
  std::array<Ref, 4> later{};  // where runs may go on, too
  std::size_t waiting = 0;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (IsConstantRef(f)) {
      if (waiting == 0) break;
      f = later[--waiting];
    }
    const Run& run = nodes_[f >> 1];
    std::uint64_t pattern = 0;
    for (std::uint32_t bit = 0; bit < run.length; ++bit) {
      pattern |= std::uint64_t{(run.pattern >> bit) & 1} << (kLongestRun - 1 - bit);
    }
    key[i] = std::uint64_t{run.level} << 32 | pattern;
    if (run.low != kNone && !IsConstantRef(run.low) && waiting < later.size()) later[waiting++] = run.low;
    f = run.high;
  }
  return key;
}

Ref BddManager::AndAll(std::vector<Ref> functions) {
  std::vector<std::pair<SortKey, Ref>> sorted;
  sorted.reserve(functions.size());
  for (const Ref f : functions) sorted.emplace_back(SortKeyOf(f), f);
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size(); ++i) functions[i] = sorted[i].second;
  if (functions.empty()) return kTrue;
  while (functions.size() > 1) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < functions.size(); i += 2) {
      functions[kept++] = i + 1 < functions.size() ? And(functions[i], functions[i + 1]) : functions[i];
    }
    functions.resize(kept);
  }
  return functions[0];
}

// Of the rest of the run from each of its levels on.
std::array<std::uint64_t, 33> BddManager::CostsOfRun(const Run& run, const Costs& least,
                                                     const std::vector<std::uint64_t>& costs) {
  std::array<std::uint64_t, 33> rest{};
  rest[run.length] = least.at(run.high);
  for (std::uint32_t i = run.length; i-- > 0;) {
    const bool bit = ((run.pattern >> i) & 1) != 0;
    const std::uint64_t one = bit ? rest[i + 1] : least.at(run.Miss(i));
    const std::uint64_t zero = bit ? least.at(run.Miss(i)) : rest[i + 1];
    rest[i] = std::min(zero, AddCost(one, CostOf(run.level + i, costs)));
  }
  return rest;
}

// By reference: the least cost of an assignment that makes it true. A node's children are older than it is.
BddManager::Costs BddManager::LeastCosts(Ref root, const std::vector<std::uint64_t>& costs) const {
  Costs least = {{kTrue, 0}, {kFalse, kUnsatisfiable}};
  std::vector<Ref> reached = {root};
  std::unordered_set<Ref> seen = {kTrue, kFalse, root};
  for (std::size_t i = 0; i < reached.size(); ++i) {
    if (IsConstantRef(reached[i])) continue;
    const Run run = Open(reached[i]);
    for (const Ref child : {run.high, run.low}) {
      if (child != kNone && seen.insert(child).second) reached.push_back(child);
    }
  }
  std::sort(reached.begin(), reached.end());
  for (const Ref f : reached) {
    if (!IsConstantRef(f)) least[f] = CostsOfRun(Open(f), least, costs)[0];
  }
  return least;
}

std::vector<bool> BddManager::Satisfy(Ref f, const std::vector<std::uint64_t>& costs) const {
  std::vector<bool> values(levels_, false);
  const Costs least = LeastCosts(f, costs);
  while (!IsConstantRef(f)) {
    const Run run = Open(f);
    const auto rest = CostsOfRun(run, least, costs);
    f = run.high;
    for (std::uint32_t i = 0; i < run.length; ++i) {
      const bool bit = ((run.pattern >> i) & 1) != 0;
      const std::uint64_t miss = least.at(run.Miss(i));
      const std::uint64_t cost = CostOf(run.level + i, costs);
      const bool one = bit ? AddCost(rest[i + 1], cost) < miss : AddCost(miss, cost) < rest[i + 1];
      values[run.level + i] = one;
      if (one == bit) continue;
      f = run.Miss(i);
      break;
    }
  }
  return values;
}

bool BddManager::Evaluate(Ref f, const std::vector<bool>& values) const {
  while (!IsConstantRef(f)) {
    const Run run = Open(f);
    f = run.high;
    for (std::uint32_t i = 0; i < run.length; ++i) {
      const std::uint32_t level = run.level + i;
      const bool value = level < values.size() && values[level];
      if (value == (((run.pattern >> i) & 1) != 0)) continue;
      f = run.Miss(i);
      break;
    }
  }
  return f == kTrue;
}

bool BddWord::Add(Ref literal, bool bit, Ref miss) {
  if (manager_->exhausted() || !manager_->IsLiteral(literal) || manager_->Level(literal) >= top_)
    return false;
  top_ = manager_->Level(literal);
  manager_->MakeNode(draft_, top_, bit == ((literal & 1) == 0), miss);
  return true;
}

}  // namespace bpfopt::smt
