#include "frontend/link_type.h"

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
    EXPECT_EQ(pcap_datalink_name_to_val(std::string(type.name).c_str()), type.dlt);
    EXPECT_STREQ(pcap_datalink_val_to_description(type.dlt), std::string(type.description).c_str());
    EXPECT_EQ(*FindLinkType(type.name), &type);
    EXPECT_EQ(*FindLinkType(type.dlt), &type);
    EXPECT_EQ(*FindLinkType(std::to_string(type.dlt)), &type);
  }
}

TEST(LinkType, NamesIgnoreCase) {
  EXPECT_EQ(*FindLinkType("en10mb"), &EthernetLinkType());
  EXPECT_EQ(*FindLinkType("Ppp"), &PppLinkType());
}

TEST(LinkType, ErrorsTellUnknownFromUnsupported) {
  EXPECT_NE(FindLinkType("IEEE802_11").error().message.find("not supported"), std::string::npos);
  EXPECT_NE(FindLinkType("105").error().message.find("not supported"), std::string::npos);
  EXPECT_NE(FindLinkType("EN10MBX").error().message.find("unknown"), std::string::npos);
  EXPECT_NE(FindLinkType("").error().message.find("unknown"), std::string::npos);
  EXPECT_NE(FindLinkType("9999").error().message.find("unknown"), std::string::npos);
  EXPECT_NE(FindLinkType("-1").error().message.find("unknown"), std::string::npos);
}

}  // namespace
}  // namespace bpfopt::frontend
