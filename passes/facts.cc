// Facts about values: sorted lists of entries, questions answered bottom-up over expressions, new facts
// spread top-down into operands and the packet's bytes.
//
// A byte is shared by all loads that cover it at the same base, as long as their addresses are surely in the
// packet: on target linux an address from 2^31 on may name something else, for each width anew.
#include "passes/facts.h"

#include "passes/partition.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace bpfopt::passes {
namespace {

using ir::Opcode;
using ir::Value;

constexpr std::uint32_t kAllBits = 0xffffffff;
// Bounds of one question, of one fact's way down, and of the rounds in which facts inform one another.
constexpr unsigned kValuesAsked = 128;
constexpr unsigned kValuesRefined = 64;
constexpr unsigned kMaxDepth = 48;
constexpr unsigned kMaxRounds = 3;
// Addresses from here on are not shared.
constexpr std::uint64_t kPacketEnd = 0x7ffffff0;

// Outcomes of comparing two values: one of three orders, and one of two for common bits.
constexpr unsigned kLess = 1;
constexpr unsigned kSame = 2;
constexpr unsigned kGreater = 4;
constexpr unsigned kOrders = kLess | kSame | kGreater;
constexpr unsigned kCommonBits = 8;
constexpr unsigned kNoCommonBits = 16;
constexpr unsigned kAnyRelation = kOrders | kCommonBits | kNoCommonBits;

// The outcomes for which `lhs compare rhs` holds.
unsigned RelationsOf(ir::Compare compare) {
  switch (compare) {
    case ir::Compare::kEqual:
      return kSame;
    case ir::Compare::kGreater:
      return kGreater;
    case ir::Compare::kGreaterEqual:
      return kGreater | kSame;
    case ir::Compare::kAnySet:
      return kCommonBits;
  }
  return kAnyRelation;
}

// The outcomes that a comparison is about.
unsigned RelationsAskedBy(ir::Compare compare) {
  return compare == ir::Compare::kAnySet ? kCommonBits | kNoCommonBits : kOrders;
}

// The same with the sides exchanged.
unsigned Mirrored(unsigned relations) {
  const unsigned others = relations & ~(kLess | kGreater);
  return others | ((relations & kLess) != 0 ? kGreater : 0) | ((relations & kGreater) != 0 ? kLess : 0);
}

std::uint64_t HashBit(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t hash = (a * 0x9e3779b97f4a7c15 + b) * 0xbf58476d1ce4e5b9;
  return std::uint64_t{1} << (hash >> 58);
}

// `base_key` as in Facts::ByteKey.
std::uint64_t SourceOfByte(std::uint32_t base_key, std::uint32_t offset) { return HashBit(base_key, offset); }

std::uint32_t BaseKey(const Value* load) { return load->base() == nullptr ? 0 : load->base()->id() + 1; }

// What a value is computed from: the bytes and the leaves, each as one of 64 bits. All of them for a large
// value.
std::uint64_t SourcesOf(const Value* root) {
  std::array<const Value*, 32> pending{root};
  std::size_t count = 1;
  std::uint64_t sources = 0;
  for (std::size_t visited = 0; count > 0; ++visited) {
    if (visited == kValuesRefined || count + 2 > pending.size()) return ~std::uint64_t{0};
    const Value* value = pending[--count];
    switch (value->opcode()) {
      case Opcode::kConstant:
        continue;
      case Opcode::kLoad:
        for (unsigned i = 0; i < value->width(); ++i) {
          sources |= SourceOfByte(BaseKey(value), value->offset() + i);
        }
        break;
      case Opcode::kEffect:
      case Opcode::kParameter:
      case Opcode::kWireLength:
      case Opcode::kAncillary:
        sources |= HashBit(~std::uint64_t{0}, value->id());
        continue;
      default:
        break;
    }
    if (value->lhs() != nullptr) pending[count++] = value->lhs();
    if (value->rhs() != nullptr) pending[count++] = value->rhs();
  }
  return sources;
}

// A comparison with a constant: a value, which of its bits, and for which words of these it holds.
struct ConstantTest {
  const Value* value;
  std::uint32_t mask;
  RangeSet words;
};

std::optional<ConstantTest> ConstantTestOf(const ir::Branch& branch) {
  const bool mirrored = !branch.rhs->IsConstant();
  if (mirrored && !branch.lhs->IsConstant()) return std::nullopt;
  const Value* value = mirrored ? branch.rhs : branch.lhs;
  const std::uint32_t constant = (mirrored ? branch.lhs : branch.rhs)->constant();
  if (branch.compare == ir::Compare::kAnySet) return ConstantTest{value, constant, RangeSet::Of(1, kAllBits)};
  if (!mirrored || branch.compare == ir::Compare::kEqual) {
    return ConstantTest{value, kAllBits, WordsThatHold(branch.compare, constant)};
  }
  const RangeSet above = branch.compare == ir::Compare::kGreater
                             ? WordsThatHold(ir::Compare::kGreaterEqual, constant)
                             : WordsThatHold(ir::Compare::kGreater, constant);
  return ConstantTest{value, kAllBits, above.Complement()};
}

}  // namespace

Facts::Key Facts::KeyOf(const Value* value) {
  Key key{value, kAllBits};
  while (key.value->opcode() == Opcode::kAnd && key.value->rhs()->IsConstant()) {
    key.mask &= key.value->rhs()->constant();
    key.value = key.value->lhs();
  }
  return key;
}

bool Facts::Precedes(const Key& a, const Key& b) {
  return a.value->id() != b.value->id() ? a.value->id() < b.value->id() : a.mask < b.mask;
}

bool Facts::IsEmpty() const {
  return entries_.empty() && bytes_.empty() && relations_.empty() && !contradictory_;
}

// --- Questions.

Knowledge Facts::Of(const Value* value) const {
  Budget budget{kValuesAsked};
  return Evaluate(KeyOf(value), budget);
}

Knowledge Facts::OfMasked(const Value* value, std::uint32_t mask) const {
  Budget budget{kValuesAsked};
  Key key = KeyOf(value);
  key.mask &= mask;
  return Evaluate(key, budget);
}

// An entry is kept up to date with all that is known of its value.
Knowledge Facts::Evaluate(const Key& key, Budget& budget) const {
  const Entry* entry = FindEntry(key);
  return entry != nullptr ? entry->knowledge : EvaluateAnew(key, budget);
}

Knowledge Facts::EvaluateAnew(const Key& key, Budget& budget) const {
  Knowledge knowledge;
  if (budget.values > 0 && budget.depth < kMaxDepth) {
    --budget.values;
    ++budget.depth;
    knowledge = EvaluateValue(key.value, budget);
    --budget.depth;
  }
  if (key.mask != kAllBits) knowledge = Forward(Opcode::kAnd, knowledge, Knowledge::Exactly(key.mask));
  return Recorded(key, std::move(knowledge));
}

Knowledge Facts::EvaluateValue(const Value* value, Budget& budget) const {
  const Opcode opcode = value->opcode();
  if (opcode == Opcode::kConstant) return Knowledge::Exactly(value->constant());
  if (opcode == Opcode::kLoad) return EvaluateLoad(value, budget);
  if (ir::IsUnary(opcode)) return Forward(opcode, Evaluate(KeyOf(value->lhs()), budget), {});
  if (!ir::IsBinary(opcode)) return {};
  const Knowledge lhs = Evaluate(KeyOf(value->lhs()), budget);
  return Forward(opcode, lhs, Evaluate(KeyOf(value->rhs()), budget));
}

Knowledge Facts::EvaluateLoad(const Value* load, Budget& budget) const {
  const unsigned width = load->width();
  std::uint32_t zeros = width == 4 ? 0 : ~((std::uint32_t{1} << 8 * width) - 1);
  std::uint32_t ones = 0;
  if (!bytes_.empty() && BytesAreShared(load, budget)) {
    for (unsigned i = 0; i < width; ++i) {
      const ByteEntry* byte = FindByte({BaseKey(load), load->offset() + i});
      if (byte == nullptr) continue;
      const unsigned shift = 8 * (width - 1 - i);
      zeros |= std::uint32_t{byte->zeros} << shift;
      ones |= std::uint32_t{byte->ones} << shift;
    }
  }
  return Knowledge::WithBits(zeros, ones);
}

// Adds what entries of the same value say.
Knowledge Facts::Recorded(const Key& key, Knowledge knowledge) const {
  auto entry = std::lower_bound(entries_.begin(), entries_.end(), Key{key.value, 0},
                                [](const Entry& e, const Key& k) { return Precedes(e.key, k); });
  for (; entry != entries_.end() && entry->key.value == key.value; ++entry) {
    const std::uint32_t mask = entry->key.mask;
    const Knowledge& known = entry->knowledge;
    if (known.IsContradiction()) return known;
    if (mask == key.mask) {
      knowledge = knowledge.And(known);
    } else if ((key.mask & ~mask) == 0) {
      knowledge = knowledge.And(Forward(Opcode::kAnd, known, Knowledge::Exactly(key.mask)));
    } else {
      // Of bits that both have, and: more bits make no smaller word.
      const bool has_all = (mask & ~key.mask) == 0;
      knowledge = knowledge.And({known.zeros & mask & key.mask, known.ones & key.mask,
                                 RangeSet::Of(has_all ? known.range.Min() : 0, kAllBits)});
    }
  }
  return knowledge;
}

bool Facts::BytesAreShared(const Value* load, Budget& budget) const {
  std::uint64_t last = load->offset();
  if (load->base() != nullptr) {
    const Knowledge base = Evaluate(KeyOf(load->base()), budget);
    if (base.IsContradiction()) return false;
    last += base.range.Max();
  }
  return last < kPacketEnd;
}

const Facts::Entry* Facts::FindEntry(const Key& key) const {
  const auto entry = std::lower_bound(entries_.begin(), entries_.end(), key,
                                      [](const Entry& e, const Key& k) { return Precedes(e.key, k); });
  return entry != entries_.end() && entry->key == key ? &*entry : nullptr;
}

bool Facts::HasOtherEntryWith(std::uint64_t sources, const Key& key) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const Entry& entry) { return (entry.sources & sources) != 0 && entry.key != key; });
}

const Facts::ByteEntry* Facts::FindByte(const ByteKey& key) const {
  const auto entry = std::lower_bound(bytes_.begin(), bytes_.end(), key,
                                      [](const ByteEntry& e, const ByteKey& k) { return e.key < k; });
  return entry != bytes_.end() && entry->key == key ? &*entry : nullptr;
}

unsigned Facts::PossibleRelations(const Value* lhs, const Value* rhs) const {
  assert(lhs->id() <= rhs->id());
  const Knowledge a = Of(lhs);
  const Knowledge b = Of(rhs);
  if (a.IsContradiction() || b.IsContradiction()) return kAnyRelation;
  unsigned possible = kAnyRelation;
  if (a.range.Min() >= b.range.Max()) possible &= ~kLess;
  if (a.range.Max() <= b.range.Min()) possible &= ~kGreater;
  if (a.And(b).IsContradiction()) possible &= ~kSame;
  if (lhs == rhs) possible &= ~(kLess | kGreater);
  const Knowledge common = lhs == rhs ? a : Forward(Opcode::kAnd, a, b);
  if (!common.Contains(0)) possible &= ~kNoCommonBits;
  if (common.range.Max() == 0) possible &= ~kCommonBits;
  for (const Relation& relation : relations_) {
    if (relation.lhs == lhs && relation.rhs == rhs) possible &= relation.possible;
  }
  return possible;
}

std::optional<bool> Facts::Decide(const ir::Branch& branch) const {
  if (const std::optional<ConstantTest> test = ConstantTestOf(branch)) {
    const Knowledge known = OfMasked(test->value, test->mask);
    if (known.IsContradiction()) return std::nullopt;
    if (known.And({0, 0, test->words}).IsContradiction()) return false;
    if (known.And({0, 0, test->words.Complement()}).IsContradiction()) return true;
    return std::nullopt;
  }
  const bool mirrored = branch.rhs->id() < branch.lhs->id();
  unsigned possible =
      mirrored ? PossibleRelations(branch.rhs, branch.lhs) : PossibleRelations(branch.lhs, branch.rhs);
  if (mirrored) possible = Mirrored(possible);
  possible &= RelationsAskedBy(branch.compare);
  if (possible == 0) return std::nullopt;
  if ((possible & ~RelationsOf(branch.compare)) == 0) return true;
  if ((possible & RelationsOf(branch.compare)) == 0) return false;
  return std::nullopt;
}

// --- Learning.

bool Facts::Learn(const Value* value, const RangeSet& set) { return Learn(value, Knowledge{0, 0, set}); }

bool Facts::Learn(const Value* value, const Knowledge& knowledge) {
  return LearnKey(KeyOf(value), knowledge);
}

bool Facts::Learn(const ir::Branch& branch, bool outcome) {
  if (const std::optional<ConstantTest> test = ConstantTestOf(branch)) {
    Key key = KeyOf(test->value);
    key.mask &= test->mask;
    return LearnKey(key, {0, 0, outcome ? test->words : test->words.Complement()});
  }
  const unsigned holds = RelationsOf(branch.compare);
  const unsigned asked = RelationsAskedBy(branch.compare);
  const unsigned possible = (outcome ? holds : asked & ~holds) | (kAnyRelation & ~asked);
  if (branch.rhs->id() < branch.lhs->id()) return LearnRelation(branch.rhs, branch.lhs, Mirrored(possible));
  return LearnRelation(branch.lhs, branch.rhs, possible);
}

bool Facts::LearnKey(const Key& key, const Knowledge& knowledge) {
  if (contradictory_) return false;
  Budget budget{kValuesRefined};
  const std::uint64_t sources = SourcesOf(key.value);
  const bool informs_others = HasOtherEntryWith(sources, key);
  Refine(key, knowledge, budget);
  if (informs_others) Propagate(sources);
  return !contradictory_;
}

void Facts::Refine(const Key& key, const Knowledge& knowledge, Budget& budget) {
  if (contradictory_ || budget.values == 0) return;
  --budget.values;
  Budget question{kValuesAsked};
  const Knowledge known = Evaluate(key, question);
  const Knowledge refined = known.And(knowledge);
  if (refined.IsContradiction()) {
    contradictory_ = true;
    return;
  }
  if (refined == known) return;
  if (key.mask == kAllBits) {
    Record(key, refined);
    RefineOperands(key.value, refined, budget);
    return;
  }
  // The whole value comes first: it would see nothing new once the entry of its bits is there.
  const Key whole{key.value, kAllBits};
  const Knowledge mask = Knowledge::Exactly(key.mask);
  Refine(whole, BackwardLhs(Opcode::kAnd, refined, Evaluate(whole, question), mask), budget);
  Record(key, refined);
}

void Facts::RefineOperands(const Value* value, const Knowledge& result, Budget& budget) {
  const Opcode opcode = value->opcode();
  if (opcode == Opcode::kLoad) RefineBytes(value, result, budget);
  if (!ir::IsUnary(opcode) && !ir::IsBinary(opcode)) return;
  Budget question{kValuesAsked};
  const Knowledge lhs = Evaluate(KeyOf(value->lhs()), question);
  const Knowledge rhs = ir::IsBinary(opcode) ? Evaluate(KeyOf(value->rhs()), question) : Knowledge();
  Refine(KeyOf(value->lhs()), BackwardLhs(opcode, result, lhs, rhs), budget);
  if (ir::IsBinary(opcode)) Refine(KeyOf(value->rhs()), BackwardRhs(opcode, result, lhs, rhs), budget);
}

void Facts::RefineBytes(const Value* load, const Knowledge& knowledge, Budget& budget) {
  if (!BytesAreShared(load, budget)) return;
  for (unsigned i = 0; i < load->width(); ++i) {
    const unsigned shift = 8 * (load->width() - 1 - i);
    const auto zeros = static_cast<std::uint8_t>(knowledge.zeros >> shift);
    const auto ones = static_cast<std::uint8_t>(knowledge.ones >> shift);
    if (zeros == 0 && ones == 0) continue;
    const ByteKey key{BaseKey(load), load->offset() + i};
    auto byte = std::lower_bound(bytes_.begin(), bytes_.end(), key,
                                 [](const ByteEntry& e, const ByteKey& k) { return e.key < k; });
    if (byte == bytes_.end() || byte->key != key) byte = bytes_.insert(byte, {key});
    byte->zeros |= zeros;
    byte->ones |= ones;
    if ((byte->zeros & byte->ones) != 0) contradictory_ = true;
  }
}

void Facts::Record(const Key& key, const Knowledge& knowledge) {
  auto entry = std::lower_bound(entries_.begin(), entries_.end(), key,
                                [](const Entry& e, const Key& k) { return Precedes(e.key, k); });
  if (entry != entries_.end() && entry->key == key) {
    entry->knowledge = knowledge;
  } else {
    entries_.insert(entry, {key, SourcesOf(key.value), knowledge});
  }
}

void Facts::Propagate(std::uint64_t sources) {
  for (unsigned round = 0; round < kMaxRounds && !contradictory_; ++round) {
    bool is_new = false;
    for (std::size_t i = 0; i < entries_.size() && !contradictory_; ++i) {
      if ((entries_[i].sources & sources) == 0) continue;
      Budget question{kValuesAsked};
      const Key key = entries_[i].key;
      const Knowledge known = EvaluateAnew(key, question);
      if (known.IsContradiction()) {
        contradictory_ = true;
      } else if (known != entries_[i].knowledge) {
        is_new = true;
        entries_[i].knowledge = known;
        Budget budget{kValuesRefined};
        if (key.mask == kAllBits) RefineOperands(key.value, known, budget);
      }
    }
    if (!is_new) return;
  }
}

bool Facts::LearnRelation(const Value* lhs, const Value* rhs, unsigned possible) {
  if (contradictory_) return false;
  possible &= PossibleRelations(lhs, rhs);
  if ((possible & kOrders) == 0 || (possible & (kCommonBits | kNoCommonBits)) == 0) {
    contradictory_ = true;
    return false;
  }
  const auto precedes = [](const Relation& a, const Relation& b) {
    return a.lhs != b.lhs ? a.lhs->id() < b.lhs->id() : a.rhs->id() < b.rhs->id();
  };
  const Relation learned{lhs, rhs, possible};
  const auto place = std::lower_bound(relations_.begin(), relations_.end(), learned, precedes);
  if (place != relations_.end() && place->lhs == lhs && place->rhs == rhs) {
    *place = learned;
  } else {
    relations_.insert(place, learned);
  }

  const Knowledge a = Of(lhs);
  const Knowledge b = Of(rhs);
  if (a.IsContradiction() || b.IsContradiction()) return !contradictory_;
  const std::uint32_t apart = (possible & kSame) == 0 ? 1 : 0;
  // What is not above `limit` - apart, and what is not below `limit` + apart.
  const auto at_most = [apart](std::uint32_t limit) {
    return limit < apart ? RangeSet() : RangeSet::Of(0, limit - apart);
  };
  const auto at_least = [apart](std::uint32_t limit) {
    return limit > kAllBits - apart ? RangeSet() : RangeSet::Of(limit + apart, kAllBits);
  };
  if ((possible & kOrders) == kSame) {
    Learn(lhs, b);
    return Learn(rhs, a);
  }
  if ((possible & kGreater) == 0) {
    Learn(lhs, at_most(b.range.Max()));
    Learn(rhs, at_least(a.range.Min()));
  }
  if ((possible & kLess) == 0) {
    Learn(lhs, at_least(b.range.Min()));
    Learn(rhs, at_most(a.range.Max()));
  }
  if (apart == 1 && b.IsSingle()) Learn(lhs, b.range.Complement());
  if (apart == 1 && a.IsSingle()) Learn(rhs, a.range.Complement());
  if ((possible & kCommonBits) == 0) {
    Learn(lhs, Knowledge::WithBits(b.ones, 0));
    Learn(rhs, Knowledge::WithBits(a.ones, 0));
  }
  if ((possible & kNoCommonBits) == 0) {
    Learn(lhs, RangeSet::Of(1, kAllBits));
    Learn(rhs, RangeSet::Of(1, kAllBits));
  }
  return !contradictory_;
}

// --- Joins.

void Facts::Meet(const Facts& other) {
  if (other.contradictory_) return;
  if (contradictory_) {
    *this = other;
    return;
  }
  const auto known_sources = [](const Facts& facts) {
    std::uint64_t sources = 0;
    for (const Entry& entry : facts.entries_) sources |= entry.sources;
    for (const ByteEntry& byte : facts.bytes_) sources |= SourceOfByte(byte.key.base, byte.key.offset);
    return sources;
  };
  const std::uint64_t my_sources = known_sources(*this);
  const std::uint64_t other_sources = known_sources(other);
  const Facts nothing;

  std::vector<Entry> entries;
  const auto keep_common = [&](const Entry& entry, std::uint64_t sources_elsewhere) {
    if ((entry.sources & sources_elsewhere) == 0) return;
    Budget mine{kValuesAsked};
    Budget others{kValuesAsked};
    Budget structure{kValuesAsked};
    Knowledge common = Evaluate(entry.key, mine).Or(other.Evaluate(entry.key, others));
    if (common != nothing.Evaluate(entry.key, structure)) {
      entries.push_back({entry.key, entry.sources, std::move(common)});
    }
  };
  auto a = entries_.begin();
  auto b = other.entries_.begin();
  while (a != entries_.end() || b != other.entries_.end()) {
    if (b == other.entries_.end() || (a != entries_.end() && Precedes(a->key, b->key))) {
      keep_common(*a++, other_sources);
    } else if (a == entries_.end() || Precedes(b->key, a->key)) {
      keep_common(*b++, my_sources);
    } else {
      if (a->knowledge == b->knowledge) {
        entries.push_back(*a);
      } else {
        keep_common(*a, other_sources);
      }
      ++a;
      ++b;
    }
  }

  std::vector<ByteEntry> bytes;
  for (const ByteEntry& mine : bytes_) {
    const ByteEntry* byte = other.FindByte(mine.key);
    if (byte == nullptr) continue;
    const ByteEntry common{mine.key, static_cast<std::uint8_t>(mine.zeros & byte->zeros),
                           static_cast<std::uint8_t>(mine.ones & byte->ones)};
    if (common.zeros != 0 || common.ones != 0) bytes.push_back(common);
  }

  std::vector<Relation> relations;
  for (const Relation& mine : relations_) {
    const unsigned possible = mine.possible | other.PossibleRelations(mine.lhs, mine.rhs);
    if (possible != kAnyRelation) relations.push_back({mine.lhs, mine.rhs, possible});
  }

  entries_ = std::move(entries);
  bytes_ = std::move(bytes);
  relations_ = std::move(relations);
}

}  // namespace bpfopt::passes
