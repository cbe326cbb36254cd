// What OpenBSD's PF logged of a packet: interface, ruleset, rule, reason and action (struct pfloghdr).
#include "frontend/lowering.h"

#include <cstdint>
#include <span>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

constexpr std::uint32_t kInterfaceOffset = 4;
constexpr std::uint32_t kRulesetOffset = 20;

Field FieldOf(PfLogField field) {
  switch (field) {
    case PfLogField::kAction:
      return {Anchor::kLinkHeader, 2, 1};
    case PfLogField::kReason:
      return {Anchor::kLinkHeader, 3, 1};
    case PfLogField::kInterface:
      return {Anchor::kLinkHeader, kInterfaceOffset, 1};
    case PfLogField::kRuleset:
      return {Anchor::kLinkHeader, kRulesetOffset, 1};
    case PfLogField::kRule:
      return {Anchor::kLinkHeader, 36, 4};
    case PfLogField::kSubrule:
      return {Anchor::kLinkHeader, 40, 4};
  }
  return {};
}

}  // namespace

bool Lowering::RequirePfLog() {
  if (layout_.link->is_pf_log) return true;
  Fail(fmt::format("PF's words are about its logs (PFLOG), which {} is not", NameOf(*layout_.link)));
  return false;
}

// Compared as far as the name is written: what follows it in the field is not looked at.
Outcome Lowering::TestPfLogName(Flow in, const PfLogName& test) {
  if (!RequirePfLog()) return {};
  const std::vector<std::uint8_t> bytes(test.name.begin(), test.name.end());
  const Field field = FieldOf(test.field);
  return TestBytes(in, field.anchor, field.offset, bytes);
}

Outcome Lowering::TestPfLogNumber(Flow in, const PfLogNumber& test) {
  if (!RequirePfLog()) return {};
  return TestEqual(in, FieldOf(test.field), test.number);
}

}  // namespace bpfopt::frontend
