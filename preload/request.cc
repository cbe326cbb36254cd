// Reads what a pcap_t tells.
#include "preload/request.h"

#include <cstring>

namespace bpfopt::preload {
namespace {

PacketOrigin OriginOf(pcap_t* handle) {
  if (pcap_file(handle) == nullptr) return PacketOrigin::kInterface;
  return pcap_is_swapped(handle) == 0 ? PacketOrigin::kSavefile : PacketOrigin::kSwappedSavefile;
}

}  // namespace

Expected<Request> ReadRequest(pcap_t* handle, const char* filter, bpf_u_int32 netmask,
                              const Libpcap& libpcap) {
  Request request;
  request.link_type = pcap_datalink(handle);
  if (request.link_type < 0) return InvalidInput("the handle is not activated");
  const int snaplen = pcap_snapshot(handle);
  if (snaplen <= 0) return InvalidInput("the handle's snapshot length keeps no bytes");
  request.snaplen = static_cast<std::uint32_t>(snaplen);
  request.filter = filter == nullptr ? "" : filter;
  if (netmask != PCAP_NETMASK_UNKNOWN) request.netmask = netmask;
  request.origin = OriginOf(handle);
  // The word is in every filter that asks for a tag.
  if (request.origin == PacketOrigin::kInterface && request.filter.find("vlan") != std::string::npos) {
    request.tags_are_aside = libpcap.ReadsTagsFromKernel(handle);
  }
  return request;
}

std::string LinkTypeName(int link_type) {
  const char* name = pcap_datalink_val_to_name(link_type);
  return name == nullptr ? std::to_string(link_type) : name;
}

}  // namespace bpfopt::preload
