// The tables are libpcap 1.10.3's, synonyms behind the name that is shown.
#include "frontend/value_names.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <span>

#include <fmt/format.h>

namespace bpfopt::frontend {
namespace {

struct Named {
  std::string_view name;
  std::uint32_t value;
};

constexpr std::uint8_t kManagement = 0x00;
constexpr std::uint8_t kControl = 0x04;
constexpr std::uint8_t kData = 0x08;

// clang-format off
constexpr Named kWlanTypeNames[] = {
    {"mgt", kManagement}, {"management", kManagement},
    {"ctl", kControl}, {"control", kControl},
    {"data", kData},
};
constexpr Named kManagementSubtypes[] = {
    {"assoc-req", 0x00}, {"assocreq", 0x00},
    {"assoc-resp", 0x10}, {"assocresp", 0x10},
    {"reassoc-req", 0x20}, {"reassocreq", 0x20},
    {"reassoc-resp", 0x30}, {"reassocresp", 0x30},
    {"probe-req", 0x40}, {"probereq", 0x40},
    {"probe-resp", 0x50}, {"proberesp", 0x50},
    {"beacon", 0x80},
    {"atim", 0x90},
    {"disassoc", 0xa0}, {"disassociation", 0xa0},
    {"auth", 0xb0}, {"authentication", 0xb0},
    {"deauth", 0xc0}, {"deauthentication", 0xc0},
};
constexpr Named kControlSubtypes[] = {
    {"ps-poll", 0xa0}, {"rts", 0xb0}, {"cts", 0xc0}, {"ack", 0xd0}, {"cf-end", 0xe0}, {"cf-end-ack", 0xf0},
};
constexpr Named kDataSubtypes[] = {
    {"data", 0x00},
    {"data-cf-ack", 0x10},
    {"data-cf-poll", 0x20},
    {"data-cf-ack-poll", 0x30},
    {"null", 0x40},
    {"cf-ack", 0x50},
    {"cf-poll", 0x60},
    {"cf-ack-poll", 0x70},
    {"qos-data", 0x80},
    {"qos-data-cf-ack", 0x90},
    {"qos-data-cf-poll", 0xa0},
    {"qos-data-cf-ack-poll", 0xb0},
    {"qos", 0xc0},
    {"qos-cf-poll", 0xe0},
    {"qos-cf-ack-poll", 0xf0},
};
constexpr Named kWlanDirections[] = {{"nods", 0}, {"tods", 1}, {"fromds", 2}, {"dstods", 3}};
constexpr Named kPfReasons[] = {
    {"match", 0},          {"bad-offset", 1},   {"fragment", 2},    {"short", 3},     {"normalize", 4},
    {"memory", 5},         {"bad-timestamp", 6}, {"congestion", 7}, {"ip-option", 8}, {"proto-cksum", 9},
    {"state-mismatch", 10}, {"state-insert", 11}, {"state-limit", 12}, {"src-limit", 13}, {"synproxy", 14},
};
constexpr Named kPfActions[] = {
    {"pass", 0}, {"accept", 0},
    {"block", 1}, {"drop", 1},
    {"scrub", 2}, {"noscrub", 3},
    {"nat", 4}, {"nonat", 5},
    {"binat", 6}, {"nobinat", 7},
    {"rdr", 8}, {"nordr", 9},
    {"synproxy-drop", 10},
};
// clang-format on

std::span<const Named> SubtypesOf(std::uint8_t type) {
  switch (type) {
    case kManagement:
      return kManagementSubtypes;
    case kControl:
      return kControlSubtypes;
    case kData:
      return kDataSubtypes;
    default:
      return {};
  }
}

std::optional<std::uint32_t> Find(std::span<const Named> names, std::string_view name) {
  const auto same = [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); };
  for (const Named& n : names) {
    if (std::equal(n.name.begin(), n.name.end(), name.begin(), name.end(), same)) return n.value;
  }
  return std::nullopt;
}

std::string_view NameOf(std::span<const Named> names, std::uint32_t value) {
  const auto found =
      std::find_if(names.begin(), names.end(), [&](const Named& n) { return n.value == value; });
  return found == names.end() ? std::string_view() : found->name;
}

std::string Listed(std::span<const Named> names) {
  std::string list;
  for (const Named& n : names) {
    if (NameOf(names, n.value) != n.name) continue;
    if (!list.empty()) list += ", ";
    list += n.name;
  }
  return list;
}

std::optional<std::uint8_t> Narrow(std::optional<std::uint32_t> value) {
  if (!value) return std::nullopt;
  return static_cast<std::uint8_t>(*value);
}

}  // namespace

std::optional<std::uint8_t> WlanType(std::string_view name) { return Narrow(Find(kWlanTypeNames, name)); }
std::optional<std::uint8_t> WlanSubtype(std::string_view name, std::uint8_t type) {
  return Narrow(Find(SubtypesOf(type), name));
}
std::optional<std::uint32_t> WlanDirectionNumber(std::string_view name) {
  return Find(kWlanDirections, name);
}
std::optional<std::uint32_t> PfReason(std::string_view name) { return Find(kPfReasons, name); }
std::optional<std::uint32_t> PfAction(std::string_view name) { return Find(kPfActions, name); }

std::string_view PfActionName(std::uint32_t action) { return NameOf(kPfActions, action); }

std::string WlanTypeNames() { return Listed(kWlanTypeNames); }
std::string WlanSubtypeNames(std::uint8_t type) { return Listed(SubtypesOf(type)); }
std::string WlanSubtypeNames() {
  return fmt::format("{}, {}, {}", WlanSubtypeNames(kManagement), WlanSubtypeNames(kControl),
                     WlanSubtypeNames(kData));
}
std::string WlanDirectionNames() { return Listed(kWlanDirections); }
std::string PfReasonNames() { return Listed(kPfReasons); }
std::string PfActionNames() { return Listed(kPfActions); }

}  // namespace bpfopt::frontend
