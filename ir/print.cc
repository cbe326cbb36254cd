// Writes functions in the grammar of docs/ir.md. The text depends on the structure of a function alone and
// not on the ids of its values: operands of commutative operations are ordered by a structural rank, so two
// functions that were built in a different order and are equal print equally. Its size is linear in the
// function's: a large value that is used more than once is printed once, by a `let` line.
#include "ir/print.h"

#include "ir/graph.h"
#include "ir/text.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::ir {
namespace {

// A value of more nodes gets a `let` line when it is used twice or more.
constexpr std::uint32_t kInlineNodes = 12;
// A value whose text would nest deeper gets a `let` line in any case, so that reading it back nests no
// deeper.
constexpr std::uint32_t kInlineDepth = 32;

bool IsNamed(const Value* value) {
  return value->opcode() == Opcode::kParameter || value->opcode() == Opcode::kEffect;
}

// What the printer knows about each value that a text mentions: a structural order, how large the value's
// text is, and which values have a `let` line.
class Shape {
 public:
  // `definitions` are the parameters and effects in the order of the text.
  Shape(const std::vector<const Value*>& roots, const std::vector<const Value*>& definitions) {
    for (const Value* value : definitions) {
      Collect(value);
      Info& info = info_.at(value);
      if (info.definition == 0) info.definition = static_cast<std::uint32_t>(++definition_count_);
    }
    for (const Value* root : roots) Collect(root);
    for (const Value* root : roots) ++info_.at(root).uses;
    for (const Value* value : values_) Measure(value);
    Rank();
  }

  // The operands in the order of the text.
  std::array<const Value*, 2> Operands(const Value* value) const {
    std::array<const Value*, 2> operands = OperandsOf(value);
    const bool reorders = IsCommutative(value->opcode()) && !operands[1]->IsConstant();
    if (reorders && info_.at(operands[1]).rank < info_.at(operands[0]).rank)
      std::swap(operands[0], operands[1]);
    return operands;
  }

  bool HasLet(const Value* value) const {
    const Info& info = info_.at(value);
    return (info.nodes > kInlineNodes && info.uses > 1) || info.is_deep;
  }

 private:
  struct Info {
    std::uint32_t uses = 0;
    std::uint32_t nodes = 0;  // of the tree, at most kInlineNodes + 1
    std::uint32_t depth = 0;  // of the text, `let` lines for depth considered
    bool is_deep = false;
    std::uint32_t height = 0;  // of the value
    std::uint32_t definition = 0;
    std::uint32_t rank = 0;
  };

  // Appends the value's parts that are not known yet to values_, operands before users.
  void Collect(const Value* root) {
    if (!info_.try_emplace(root).second) return;
    std::vector<std::pair<const Value*, unsigned>> path{{root, 0}};
    while (!path.empty()) {
      auto& [value, done] = path.back();
      if (done == 2) {
        values_.push_back(value);
        path.pop_back();
        continue;
      }
      const Value* operand = OperandsOf(value)[done++];
      if (operand == nullptr) continue;
      const auto [info, is_new] = info_.try_emplace(operand);
      ++info->second.uses;
      if (is_new) path.emplace_back(operand, 0U);
    }
  }

  void Measure(const Value* value) {
    Info& info = info_.at(value);
    info.nodes = 1;
    for (const Value* operand : OperandsOf(value)) {
      if (operand == nullptr) continue;
      const Info& part = info_.at(operand);
      info.nodes = std::min(info.nodes + part.nodes, kInlineNodes + 1);
      info.height = std::max(info.height, part.height + 1);
      info.depth = std::max(info.depth, part.is_deep ? 1 : part.depth + 1);
    }
    info.is_deep = info.depth >= kInlineDepth;
  }

  // Orders the values by height, then by what they are, then by the rank of their operands: operands have a
  // smaller height, so their ranks are known when they are asked for.
  void Rank() {
    std::vector<std::vector<const Value*>> levels;
    for (const Value* value : values_) {
      const std::uint32_t height = info_.at(value).height;
      if (levels.size() <= height) levels.resize(height + 1);
      levels[height].push_back(value);
    }
    std::uint32_t next = 0;
    for (const std::vector<const Value*>& level : levels) {
      using Key = std::tuple<Opcode, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>;
      std::vector<std::pair<Key, const Value*>> keyed;
      keyed.reserve(level.size());
      for (const Value* value : level) {
        const auto [lhs, rhs] = Operands(value);
        keyed.emplace_back(Key{value->opcode(), Immediate(value), Detail(value), RankKey(lhs), RankKey(rhs)},
                           value);
      }
      std::sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      for (const auto& [key, value] : keyed) info_.at(value).rank = next++;
    }
  }

  std::uint32_t RankKey(const Value* value) const { return value == nullptr ? 0 : info_.at(value).rank + 1; }
  std::uint32_t Immediate(const Value* value) const {
    if (value->IsConstant()) return value->constant();
    if (value->opcode() == Opcode::kLoad || value->opcode() == Opcode::kAncillary) return value->offset();
    if (!IsNamed(value)) return 0;
    // A broken function may use what no block defines; its id keeps the order total.
    const std::uint32_t definition = info_.at(value).definition;
    return definition != 0 ? definition : static_cast<std::uint32_t>(definition_count_) + 1 + value->id();
  }
  static std::uint32_t Detail(const Value* value) {
    return value->opcode() == Opcode::kLoad ? value->width() : 0;
  }

  std::unordered_map<const Value*, Info> info_;
  std::vector<const Value*> values_;  // operands before users
  std::size_t definition_count_ = 0;
};

// Values' names, numbered in the order in which they are asked for unless they are set.
class Names {
 public:
  std::string Name(const Value* value) {
    return fmt::format("%{}", names_.try_emplace(value, names_.size()).first->second);
  }
  void Set(const Value* value, std::size_t name) { names_.emplace(value, name); }

 private:
  std::unordered_map<const Value*, std::size_t> names_;
};

class Expressions {
 public:
  Expressions(const Shape& shape, Names& names) : shape_(shape), names_(names) {}

  // The values that need a `let` line before `root` can be printed, operands before users.
  std::vector<const Value*> PendingLets(const Value* root) {
    std::vector<const Value*> lets;
    if (!walked_.try_emplace(root, true).second) return lets;
    std::vector<std::pair<const Value*, unsigned>> path{{root, 0}};
    while (!path.empty()) {
      auto& [value, done] = path.back();
      if (done == 2) {
        if (shape_.HasLet(value)) lets.push_back(value);
        path.pop_back();
        continue;
      }
      const Value* operand = shape_.Operands(value)[done++];
      if (operand != nullptr && walked_.try_emplace(operand, true).second) path.emplace_back(operand, 0U);
    }
    return lets;
  }

  std::string Text(const Value* value) {
    if (value == nullptr) return "_";
    if (IsNamed(value) || shape_.HasLet(value)) return names_.Name(value);
    return Definition(value);
  }

  // In a place where the grammar takes no binary operation.
  std::string Primary(const Value* value) {
    const bool is_operation = value != nullptr && IsBinary(value->opcode()) && !shape_.HasLet(value);
    return is_operation ? fmt::format("({})", Text(value)) : Text(value);
  }

  // What stands behind the name of a `let` line. Text() and this recur at most kInlineDepth deep.
  std::string Definition(const Value* value) {
    const auto [lhs, rhs] = shape_.Operands(value);
    const char* name = OpcodeName(value->opcode());
    if (IsBinary(value->opcode())) return fmt::format("{} {} {}", Primary(lhs), name, Primary(rhs));
    if (IsUnary(value->opcode())) return fmt::format("{}{}", name, Primary(lhs));
    if (value->IsConstant()) return fmt::format("{:#x}", value->constant());
    if (value->opcode() == Opcode::kAncillary) return fmt::format("{}[{}]", name, value->offset());
    if (value->opcode() == Opcode::kLoad) {
      return fmt::format("{}[{}]", WordFor(kLoadWords, value->width()),
                         Address(value->base(), value->offset()));
    }
    return name;
  }

  std::string Address(const Value* base, std::uint32_t offset) {
    return base == nullptr ? fmt::format("{}", offset) : fmt::format("{} + {}", Primary(base), offset);
  }

 private:
  const Shape& shape_;
  Names& names_;
  std::unordered_map<const Value*, bool> walked_;
};

// The edge that is printed as `else`: the one with the most cases, the last of those.
std::uint32_t ElseEdge(const Switch& choice) {
  std::vector<std::size_t> count(choice.edges.size());
  for (const Switch::Case& range : choice.cases) ++count[range.edge];
  std::uint32_t best = 0;
  for (std::uint32_t i = 0; i < count.size(); ++i) {
    if (count[i] >= count[best]) best = i;
  }
  return best;
}

bool IsTotal(const Switch& choice) {
  return !choice.cases.empty() && choice.cases.front().first == 0 &&
         std::all_of(choice.cases.begin(), choice.cases.end(),
                     [&](const Switch::Case& range) { return range.edge < choice.edges.size(); });
}

class FunctionPrinter {
 public:
  explicit FunctionPrinter(const Function& function)
      : order_(TopologicalOrder(function)),
        shape_(Roots(), Definitions()),
        expressions_(shape_, names_),
        position_(function.block_count()) {
    for (std::size_t i = 0; i < order_.size(); ++i) position_[order_[i]->id()] = i;
    text_ = fmt::format("fn {} {{\n", WordFor(kTargetWords, function.target()));
    for (const Block* block : order_) PrintBlock(*block);
    text_ += "}\n";
  }

  std::string TakeText() { return std::move(text_); }

 private:
  std::vector<const Value*> Roots() const {
    std::vector<const Value*> roots;
    for (const Block* block : order_) {
      const std::vector<const Value*> used = UsedValues(*block);
      roots.insert(roots.end(), used.begin(), used.end());
    }
    return roots;
  }
  std::vector<const Value*> Definitions() const {
    std::vector<const Value*> defined;
    for (const Block* block : order_) {
      defined.insert(defined.end(), block->parameters.begin(), block->parameters.end());
      defined.insert(defined.end(), block->effects.begin(), block->effects.end());
    }
    return defined;
  }

  void PrintBlock(const Block& block) {
    text_ += fmt::format("b{}", position_[block.id()]);
    if (!block.parameters.empty()) text_ += fmt::format("({})", NameList(block.parameters));
    text_ += ":\n";
    for (const Guard& guard : block.guards) PrintGuard(guard);
    for (const Value* effect : block.effects) PrintEffect(effect);
    for (const Value* value : UsedByTerminator(block)) PrintLets(value);
    std::visit([this](const auto& terminator) { PrintTerminator(terminator); }, block.terminator);
  }

  void Line(const std::string& text) { text_ += fmt::format("  {}\n", text); }

  void PrintLets(const Value* root) {
    if (root == nullptr) return;
    for (const Value* value : expressions_.PendingLets(root)) {
      const std::string name = names_.Name(value);
      Line(fmt::format("let {} = {}", name, expressions_.Definition(value)));
    }
  }

  void PrintGuard(const Guard& guard) {
    PrintLets(guard.value);
    if (guard.kind == Guard::Kind::kNonZero) return Line("nonzero " + expressions_.Text(guard.value));
    Line(fmt::format("need [{}]:{}", expressions_.Address(guard.value, guard.offset), guard.width));
  }

  void PrintEffect(const Value* effect) {
    PrintLets(effect->lhs());
    PrintLets(effect->rhs());
    std::string operands;
    if (effect->lhs() != nullptr || effect->rhs() != nullptr) {
      operands = fmt::format("({}, {})", expressions_.Text(effect->lhs()), expressions_.Text(effect->rhs()));
    }
    Line(fmt::format("{} = {} {}{}", names_.Name(effect), WordFor(kEffectWords, effect->effect()),
                     effect->identity(), operands));
  }

  void PrintTerminator(const Return& terminator) { Line("return " + expressions_.Text(terminator.value)); }
  void PrintTerminator(const Jump& terminator) { Line("jump " + EdgeText(terminator.edge)); }
  void PrintTerminator(const Branch& terminator) {
    Line(fmt::format("if {} {} {} then {} else {}", expressions_.Primary(terminator.lhs),
                     WordFor(kCompareWords, terminator.compare), expressions_.Primary(terminator.rhs),
                     EdgeText(terminator.then_edge), EdgeText(terminator.else_edge)));
  }
  void PrintTerminator(const Switch& terminator) {
    std::string arms;
    if (IsTotal(terminator)) arms = Arms(terminator);
    Line(fmt::format("switch {} {{ {} }}", expressions_.Text(terminator.value), arms));
  }

  std::string Arms(Switch choice) {
    choice.Canonicalize();
    const std::uint32_t otherwise = ElseEdge(choice);
    std::vector<std::string> ranges(choice.edges.size());
    for (std::size_t i = 0; i < choice.cases.size(); ++i) {
      const bool is_last = i + 1 == choice.cases.size();
      const std::uint32_t first = choice.cases[i].first;
      const std::uint32_t last = is_last ? 0xffffffff : choice.cases[i + 1].first - 1;
      std::string& list = ranges[choice.cases[i].edge];
      if (!list.empty()) list += ", ";
      list += first == last ? fmt::format("{:#x}", first) : fmt::format("{:#x}..{:#x}", first, last);
    }
    std::string text;
    for (std::uint32_t i = 0; i < choice.edges.size(); ++i) {
      if (i != otherwise) text += fmt::format("{} -> {}; ", ranges[i], EdgeText(choice.edges[i]));
    }
    return text + "else -> " + EdgeText(choice.edges[otherwise]);
  }

  std::string EdgeText(const Edge& edge) {
    std::string arguments;
    for (const Value* argument : edge.arguments) {
      arguments += (arguments.empty() ? "" : ", ") + expressions_.Text(argument);
    }
    const std::string target = fmt::format("b{}", position_[edge.target->id()]);
    return arguments.empty() ? target : fmt::format("{}({})", target, arguments);
  }

  std::string NameList(const std::vector<const Value*>& values) {
    std::string list;
    for (const Value* value : values) list += (list.empty() ? "" : ", ") + names_.Name(value);
    return list;
  }

  std::vector<Block*> order_;
  Shape shape_;
  Names names_;
  Expressions expressions_;
  std::vector<std::size_t> position_;
  std::string text_;
};

}  // namespace

std::string Print(const Function& function) { return FunctionPrinter(function).TakeText(); }

std::string Print(const Value& value) {
  const Shape shape({&value}, {});
  Names names;
  ForEachOperand(&value, [&names](const Value* part) { names.Set(part, part->id()); });
  Expressions expressions(shape, names);
  std::string text;
  for (const Value* shared : expressions.PendingLets(&value)) {
    if (shared == &value) continue;
    text += fmt::format("let {} = {}\n", names.Name(shared), expressions.Definition(shared));
  }
  return text + (IsNamed(&value) ? names.Name(&value) : expressions.Definition(&value));
}

}  // namespace bpfopt::ir
