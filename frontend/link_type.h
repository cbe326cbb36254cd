// Link types as data: where the network layer starts, how its protocol is told, where addresses are.
// One row a type in link_type.cc; adding a type is adding a row and a test.
#ifndef BPFOPT_FRONTEND_LINK_TYPE_H
#define BPFOPT_FRONTEND_LINK_TYPE_H

#include <optional>
#include <span>
#include <string_view>

#include "bpfopt/error.h"

namespace bpfopt::frontend {

struct LinkType;  // completed in link_type.cc's table header

// By name as pcap_datalink_name_to_val has it (case-insensitive), or by DLT_ number in decimal. Null when libpcap knows it but
// bpfopt has no row for it is an error that says so.
Expected<const LinkType*> FindLinkType(std::string_view name_or_number);
Expected<const LinkType*> FindLinkType(int dlt);
std::span<const LinkType> LinkTypes();

}  // namespace bpfopt::frontend

#endif  // BPFOPT_FRONTEND_LINK_TYPE_H
