#include "frontend/link_type.h"

#include "pcap_program.h"

#include <set>
#include <string>

#include <gtest/gtest.h>
#include <pcap/pcap.h>

namespace bpfopt::frontend {
namespace {

TEST(LinkType, NamesAndNumbersAreLibpcaps) {
  std::set<int> seen;
  for (const LinkType& type : LinkTypes()) {
    EXPECT_TRUE(seen.insert(type.dlt).second) << type.name;
    EXPECT_EQ(*FindLinkType(type.dlt), &type);
    EXPECT_EQ(*FindLinkType(std::to_string(type.dlt)), &type);
    if (type.name.empty()) {
      EXPECT_EQ(pcap_datalink_val_to_name(type.dlt), nullptr) << type.dlt;
      continue;
    }
    EXPECT_EQ(pcap_datalink_name_to_val(std::string(type.name).c_str()), type.dlt);
    EXPECT_STREQ(pcap_datalink_val_to_description(type.dlt), std::string(type.description).c_str());
    EXPECT_EQ(*FindLinkType(type.name), &type);
  }
}

// Every number is a link type here where it is one for libpcap's compiler.
TEST(LinkType, CoversWhatLibpcapCompilesFor) {
  for (int dlt = -1; dlt < 400; ++dlt) {
    EXPECT_EQ(FindLinkType(dlt).has_value(), PcapProgram("link[0] = 1", dlt).has_value()) << dlt;
  }
}

TEST(LinkType, TypesWithoutARowHaveBytesAlone) {
  for (const LinkType& type : OpaqueLinkTypes()) {
    EXPECT_FALSE(PcapProgram("ip", type.dlt)) << type.dlt;
    EXPECT_EQ(*FindLinkType(type.dlt), &type);
  }
  EXPECT_EQ(NameOf(**FindLinkType("USB_LINUX")), "USB_LINUX");
  EXPECT_EQ(NameOf(**FindLinkType("147")), "DLT 147");
}

TEST(LinkType, NamesIgnoreCase) {
  EXPECT_EQ(*FindLinkType("en10mb"), &EthernetLinkType());
  EXPECT_EQ(*FindLinkType("Ppp"), &PppLinkType());
}

TEST(LinkType, ErrorsNameTheUnknown) {
  for (const char* unknown : {"EN10MBX", "", "9999", "-1", "2"}) {
    EXPECT_NE(FindLinkType(unknown).error().message.find("unknown"), std::string::npos) << unknown;
  }
}

}  // namespace
}  // namespace bpfopt::frontend
