"""Filters as expressions: what text they are, and what may not be done with them."""

import pathlib
import re
import unittest

import bpfopt
from bpfopt import *  # noqa: F403
from bpfopt._words import KEYWORDS

SOURCE = pathlib.Path(__file__).resolve().parents[2]


class Text(unittest.TestCase):
    # Text, and what bpfopt's own printer makes of it: the tree that was meant.
    CASES = [
        (ip & rand(0.1) & icmp, "ip and rand(0.1) and icmp", "(ip and rand(0.1)) and icmp"),
        (ip & udp & host("localhost"), "ip and udp and host localhost", "(ip and udp) and host localhost"),
        (when(tcp, port(80), udp & rand(0.1)), "when(tcp, port 80, udp and rand(0.1))", None),
        (
            tcp.dst.port(443) | src.net("10.0.0.0/8") | ~icmp,
            "tcp dst port 443 or src net 10.0.0.0/8 or (not icmp)",
            "(tcp dst port 443 or src net 10.0.0.0/8) or (not icmp)",
        ),
        (ip | tcp & udp, "ip or (tcp and udp)", None),
        ((ip | tcp) & udp, "(ip or tcp) and udp", None),
        (ip & (tcp & udp), "ip and (tcp and udp)", None),
        (~(ip & tcp), "not (ip and tcp)", None),
        (
            ((tcp[tcpflags] & (tcp_syn | tcp_ack)) == tcp_syn) & (ip[2:2] > 40),
            "((tcp[13] & 18) = 2) and (ip[2:2] > 40)",
            None,
        ),
        (5 == ip[9], "ip[9] = 5", None),
        (
            (ip[0] & 0xF) * 4 != -tcp[ip[0] + 1] % 3,
            "((ip[0] & 15) * 4) != ((- tcp[(ip[0] + 1)]) % 3)",
            None,
        ),
        (((length << 1) | 2) - 3 < ((length >> 1) ^ 7) / 2, "(((len << 1) | 2) - 3) < (((len >> 1) ^ 7) / 2)", None),
        (1 + ip[0] <= 7, "(1 + ip[0]) <= 7", None),
        (length <= -1, "len <= 4294967295", None),
        (ip.src.host("tcp"), "ip src host \\tcp", None),
        (src_or_dst("a") & ether.src_and_dst("02:00:5e:10:00:01"),
         "src or dst a and ether src and dst 02:00:5e:10:00:01", None),  # fmt: skip
        (net("10.0.0.0", "255.0.0.0") | net("10.1"), "net 10.0.0.0 mask 255.0.0.0 or net 10.1", None),
        (port("http") | tcp.portrange(1, 2) | portrange("a-b"), "port http or tcp portrange 1-2 or portrange a-b",
         "(port http or tcp portrange 1-2) or portrange a-b"),  # fmt: skip
        (ip.proto("tcp") | proto(6) | ip6.protochain(6), "ip proto \\tcp or proto 6 or ip6 protochain 6",
         "(ip proto \\tcp or proto 6) or ip6 protochain 6"),  # fmt: skip
        (greater(100) | ip.multicast() | broadcast(), "greater 100 or ip multicast or broadcast",
         "(greater 100 or ip multicast) or broadcast"),  # fmt: skip
        (vlan() & vlan(5) & mpls(6), "vlan and vlan 5 and mpls 6", "(vlan and vlan 5) and mpls 6"),
        (pppoes(3) & geneve(7), "pppoes 3 and geneve 7", None),
        (wlan.type("mgt", "beacon"), "wlan type mgt subtype beacon", "wlan type 0 subtype 128"),
        (wlan.addr1("2:0:0:0:0:1") | wlan.ta.host("box"), "wlan addr1 2:0:0:0:0:1 or wlan ta host box",
         "ether addr1 02:00:00:00:00:01 or ether ta host box"),  # fmt: skip
        ((vpi == 5) & (vci != 6), "vpi = 5 and vci != 6", None),
        (ifname("en0") & reason("short") & action("drop"), "ifname en0 and reason short and action drop",
         "(ifname en0 and reason 3) and action block"),  # fmt: skip
        (llc("rnr") | inbound() | oamf4sc(), "llc rnr or inbound or oamf4sc", "(llc rnr or inbound) or oamf4sc"),
        (rand(1e-7), "rand(0.0000001)", None),
        (expression("tcp or udp") & ip, "(tcp or udp) and ip", None),
    ]

    def test_is_filter_text_of_the_tree_that_was_meant(self):
        for predicate, text, tree in self.CASES:
            with self.subTest(text):
                self.assertEqual(repr(predicate), text)
                with bpfopt.program.Compiler() as compiler:
                    parsed = compiler.take_text("explain", text.encode(), b"parse", text=text)
                self.assertEqual(parsed.rstrip("\n"), tree or text)

    def test_a_chain_of_thousands_is_flat(self):
        hosts = host("10.0.0.0")
        for i in range(1, 3000):
            hosts |= host(f"10.0.{i >> 8}.{i & 255}")
        self.assertEqual(str(hosts).count("("), 0)
        self.assertLess(len((hosts & tcp).compile(level=1)), 4096)

    def test_every_word_of_the_language_is_known(self):
        table = SOURCE / "frontend" / "keywords.cc"
        if not table.exists():
            self.skipTest("only in the source tree")
        rows = re.search(r"kWords\[\] = \{(.*?)\n\};", table.read_text(), re.S).group(1)
        self.assertEqual(set(re.findall(r'^    (?:Word\(|\{)"([^"]+)"', rows, re.M)), set(KEYWORDS))


class Misuse(unittest.TestCase):
    def test_nodes_are_no_bools(self):
        for use in (
            lambda: ip and tcp,
            lambda: ip or tcp,
            lambda: not ip,
            lambda: bool(ip[0]),
            lambda: 1 < ip[8] < 5,
            lambda: vpi or ip,
            lambda: src or dst,
            lambda: [1] if ip else [],
        ):
            with self.assertRaisesRegex(TypeError, "&, | and ~"):
                use()

    def test_a_comparison_without_parentheses_is_said(self):
        with self.assertRaisesRegex(TypeError, "in parentheses"):
            ip & ip[8] > 5
        with self.assertRaisesRegex(TypeError, "in parentheses"):
            ip | 5

    def test_protocols_are_no_sequences(self):
        with self.assertRaises(TypeError):
            list(ip)
        with self.assertRaises(TypeError):
            5 in ip

    def test_wrong_arguments(self):
        for use in (
            lambda: host("a b"),
            lambda: host("a)or(b"),
            lambda: host(""),
            lambda: rand(1),
            lambda: rand(0.0),
            lambda: ip[2:3],
            lambda: ip[0] == 1 << 32,
            lambda: port(-1),
            lambda: vpi == "x",
        ):
            with self.assertRaises(ValueError):
                use()
        for use in (lambda: host(5), lambda: ip["x"], lambda: ip[True], lambda: when(ip, 5, tcp), lambda: ip & "tcp"):
            with self.assertRaises(TypeError):
                use()


if __name__ == "__main__":
    unittest.main()
