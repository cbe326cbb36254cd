// The frontend's table of link types as the library's users see it.
#include "bpfopt/compiler.h"
#include "frontend/link_type.h"

#include <algorithm>
#include <string>
#include <vector>

#include <pcap/pcap.h>

namespace bpfopt {
namespace {

// Names and descriptions of types without a row of their own are libpcap's.
LinkTypeInfo InfoOf(const frontend::LinkType& type) {
  const char* name = pcap_datalink_val_to_name(type.dlt);
  const char* description = pcap_datalink_val_to_description(type.dlt);
  LinkTypeInfo info{type.dlt, name != nullptr ? name : std::to_string(type.dlt),
                    std::string(type.description)};
  if (info.description.empty()) info.description = description != nullptr ? description : "no name";
  if (type.protocol_field == frontend::ProtocolField::kNone && !type.ss7)
    info.description += " (bytes alone)";
  return info;
}

}  // namespace

std::vector<LinkTypeInfo> LinkTypes() {
  std::vector<LinkTypeInfo> infos;
  for (const frontend::LinkType& type : frontend::LinkTypes()) infos.push_back(InfoOf(type));
  for (const frontend::LinkType& type : frontend::OpaqueLinkTypes()) {
    if (pcap_datalink_val_to_name(type.dlt) != nullptr) infos.push_back(InfoOf(type));
  }
  std::sort(infos.begin(), infos.end(),
            [](const LinkTypeInfo& a, const LinkTypeInfo& b) { return a.number < b.number; });
  return infos;
}

Expected<LinkTypeInfo> FindLinkType(std::string_view name_or_number) {
  const auto found = frontend::FindLinkType(name_or_number);
  if (!found) return tl::unexpected(found.error());
  return InfoOf(**found);
}

}  // namespace bpfopt
