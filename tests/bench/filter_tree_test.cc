// The text and the shape of filter trees.
#include "bench/filter_tree.h"

#include <gtest/gtest.h>

namespace bpfopt::bench {
namespace {

FilterNode Equal(FilterNode left, FilterNode right) {
  return MakeNode(NodeKind::kRelation, "=", {std::move(left), std::move(right)});
}

TEST(FilterTreeTest, OperationsInOperationsGetParentheses) {
  const FilterNode sum =
      MakeNode(NodeKind::kBinary, "+", {MakeNumber(1), MakeNode(NodeKind::kLength, "", {})});
  const FilterNode product = MakeNode(NodeKind::kBinary, "*", {sum, MakeAccessor("tcp", sum, 2)});
  const FilterNode minus = MakeNode(NodeKind::kNegate, "", {product});
  EXPECT_EQ(ToText(Equal(minus, MakeNumber(0x80000000))), "-((1 + len) * tcp[1 + len:2]) = 0x80000000");

  const FilterNode either = MakeNode(NodeKind::kOr, "", {MakeTest({"ip"}), MakeTest({"arp"})});
  const FilterNode none = MakeNode(NodeKind::kNot, "", {either});
  const FilterNode relation = MakeNode(NodeKind::kNot, "", {Equal(MakeNumber(1), MakeNumber(2))});
  EXPECT_EQ(ToText(MakeNode(NodeKind::kAnd, "", {either, none, relation})),
            "(ip or arp) and not (ip or arp) and not 1 = 2");
}

TEST(FilterTreeTest, ArgumentsOfTests) {
  EXPECT_EQ(ToText(MakeTest({"vlan"})), "vlan");
  EXPECT_EQ(ToText(MakeTest({"tcp", "src", "port"}, Argument::kNumber, {80})), "tcp src port 80");
  EXPECT_EQ(ToText(MakeTest({"portrange"}, Argument::kRange, {80, 90})), "portrange 80-90");
  EXPECT_EQ(ToText(MakeTest({"host"}, Argument::kAddress, {0xc0000211})), "host 192.0.2.17");
  EXPECT_EQ(ToText(MakeTest({"net"}, Argument::kNetwork, {0x0a000000, 8})), "net 10.0.0.0/8");
  EXPECT_EQ(ToText(MakeTest({"host"}, Argument::kAddress6, {0x1f})), "host 2001:db8::1f");
  EXPECT_EQ(ToText(MakeTest({"net"}, Argument::kNetwork6, {37})), "net 2001:db8::/37");
  EXPECT_EQ(ToText(MakeTest({"ether", "dst", "host"}, Argument::kMac, {1})),
            "ether dst host 02:00:5e:10:00:01");
}

TEST(FilterTreeTest, ShapesForgetDetailsAlone) {
  const auto divided = [](std::uint32_t value, const char* protocol) {
    return Equal(MakeNode(NodeKind::kBinary, "/", {MakeNumber(0), MakeAccessor(protocol, MakeNumber(value))}),
                 MakeNumber(0));
  };
  EXPECT_EQ(Shape(divided(1, "tcp")), "0 = 0 / T[N]");
  EXPECT_EQ(Shape(divided(12, "udp")), Shape(divided(1, "tcp")));
  EXPECT_NE(Shape(divided(0, "udp")), Shape(divided(1, "udp")));
  EXPECT_NE(Shape(divided(1, "ether")), Shape(divided(1, "udp")));

  const FilterNode ip = MakeTest({"ip"});
  const FilterNode port = MakeTest({"tcp", "port"}, Argument::kNumber, {80});
  const FilterNode other_port = MakeTest({"udp", "port"}, Argument::kNumber, {53});
  EXPECT_EQ(Shape(MakeNode(NodeKind::kAnd, "", {ip, port})),
            Shape(MakeNode(NodeKind::kAnd, "", {other_port, ip})));
  EXPECT_NE(Shape(MakeNode(NodeKind::kAnd, "", {ip, port})), Shape(MakeNode(NodeKind::kOr, "", {ip, port})));
}

}  // namespace
}  // namespace bpfopt::bench
