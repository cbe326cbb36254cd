// `in { ... }`: a set becomes the tests of its entries, joined by `or`, as if they had been written so.
#include "frontend/parse_machine.h"
#include "frontend/set_entries.h"

#include <limits>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

// In all sets of a filter: a file of some megabytes is no reason to take gigabytes.
constexpr std::size_t kMaxEntries = 1'000'000;

// The same error about the file `name`, told in the filter at `range`.
Error InFile(std::string_view name, const SetEntries::Entry& entry, const Error& error, SourceRange range) {
  return {error.code, fmt::format("{}:{}:{}: {}", name, entry.line, entry.column, error.message), range};
}

}  // namespace

// At `in`, with '{' behind it.
bool ParseMachine::ParseSet() {
  const std::size_t begin = Take().range.begin;
  const SourceRange open = Take().range;
  SetEntries entries(text_, open.end, SetHolder::kBraces);
  std::optional<NodeId> set;
  for (auto entry = entries.Next(); !entry.text.empty(); entry = entries.Next()) {
    const SourceRange range{entry.begin, entry.begin + entry.text.size()};
    if (entry.text[0] == '@') {
      if (!ParseSetFile(FileOfEntry(entry.text), begin, range, set)) return false;
    } else if (!AddEntry(entry.text, begin, range, set)) {
      return false;
    }
  }
  if (entries.end() == text_.size()) return Fail("'{' is never closed", open);
  const std::size_t end = entries.end() + 1;
  SeekTo(end);
  if (!set) return Fail("this set has no entries, so that nothing could match it", {begin, end});
  // A set of several entries is found again by the place of their topmost `or`.
  if (std::holds_alternative<Or>(ast_.nodes[*set].kind)) ast_.nodes[*set].range = {begin, end};
  PushNode(Class::kId, *set, begin, end);
  operands_.back().has_qualifier = true;
  operands_.back().qualifier = inherited_;
  return true;
}

// Joins one more test to those of the set so far.
bool ParseMachine::AddEntry(std::string_view entry, std::size_t set_begin, SourceRange range,
                            std::optional<NodeId>& set) {
  Expected<Test> test = ReadEntry(entry, inherited_);
  if (!test) return Fail(std::move(test.error().message), range);
  if (++entry_count_ > kMaxEntries)
    return Fail(fmt::format("sets have at most {} entries in all", kMaxEntries), range);
  const NodeId one = AddNode(std::move(*test), range.begin, range.end);
  set = set ? AddNode(Or{*set, one}, set_begin, range.end) : one;
  return true;
}

bool ParseMachine::ParseSetFile(std::string_view name, std::size_t set_begin, SourceRange range,
                                std::optional<NodeId>& set) {
  if (name.empty()) return Fail("the name of a file is expected after '@'", range);
  if (read_file_ == nullptr || !*read_file_)
    return Fail("files are not read here; write the entries themselves", range);
  const Expected<std::string> text = (*read_file_)(name);
  if (!text) return Fail(text.error().message, range);
  if (text->size() > std::numeric_limits<std::uint32_t>::max())
    return Fail(fmt::format("{} is too large", name), range);
  SetEntries entries(*text, 0, SetHolder::kFile);
  for (auto entry = entries.Next(); !entry.text.empty(); entry = entries.Next()) {
    const std::size_t nodes = ast_.nodes.size();
    if (!AddEntry(entry.text, set_begin, range, set)) {
      error_ = InFile(name, entry, error_, range);
      return false;
    }
    const auto& test = std::get<Test>(ast_.nodes[nodes].kind);
    if (std::holds_alternative<Name>(test.id)) {
      ast_.places.push_back(
          {static_cast<NodeId>(nodes), fmt::format("{}:{}:{}", name, entry.line, entry.column)});
    }
  }
  return true;
}

}  // namespace bpfopt::frontend
