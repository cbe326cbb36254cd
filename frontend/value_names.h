// The names of values that have names: types and directions of 802.11 frames, what PF did with a packet and
// why. Case does not matter in them.
#ifndef BPFOPT_FRONTEND_VALUE_NAMES_H
#define BPFOPT_FRONTEND_VALUE_NAMES_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bpfopt::frontend {

// Bits of the first byte of an 802.11 frame.
inline constexpr std::uint32_t kWlanTypeMask = 0x0c;
inline constexpr std::uint32_t kWlanSubtypeMask = 0xf0;

// The types that have names.
inline constexpr std::uint8_t kWlanTypes[] = {0x00, 0x04, 0x08};

std::optional<std::uint8_t> WlanType(std::string_view name);
// A subtype's name has a meaning of its own for each type.
std::optional<std::uint8_t> WlanSubtype(std::string_view name, std::uint8_t type);
std::optional<std::uint32_t> WlanDirectionNumber(std::string_view name);
std::optional<std::uint32_t> PfReason(std::string_view name);
std::optional<std::uint32_t> PfAction(std::string_view name);

// The name of an action, since filters cannot number them; empty for an unknown number.
std::string_view PfActionName(std::uint32_t action);

// "mgt, ctl, data", for diagnostics.
std::string WlanTypeNames();
std::string WlanSubtypeNames(std::uint8_t type);  // empty for the reserved type
std::string WlanSubtypeNames();
std::string WlanDirectionNames();
std::string PfReasonNames();
std::string PfActionNames();

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_VALUE_NAMES_H
