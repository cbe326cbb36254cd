// What a qualifier is applied to, from text: names, addresses, networks and port ranges.
#ifndef BPFOPT_FRONTEND_PARSE_ID_H
#define BPFOPT_FRONTEND_PARSE_ID_H

#include "bpfopt/error.h"
#include "frontend/ast.h"

#include <cstdint>
#include <string_view>

namespace bpfopt::frontend {

// `network`/`length` and `network mask M`; bits outside of the mask are an error. Errors have no range.
Expected<Ipv4> WithPrefixLength(const Ipv4& network, std::uint32_t length);
Expected<Ipv4> WithMask(const Ipv4& network, const Ipv4& mask);
Expected<Ipv6> WithPrefixLength(const Ipv6& network, std::uint32_t length);

// A name under a qualifier of that kind: `portrange 6000-6063` is a span of numbers, all else stays a name.
Expected<Id> NameId(std::string_view name, AddressKind kind);

// Text that stands alone, as in host("10.0.0.1"): an address, network or number when it has that shape, else
// a name, even where that name is a keyword. The range of an error is relative to `text`.
Expected<Id> ReadId(std::string_view text, const Qualifier& qualifier);

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_PARSE_ID_H
