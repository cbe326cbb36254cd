// Filters that between them use every word of the language, to be lowered on every link type.
#ifndef BPFOPT_TESTS_FRONTEND_LOWER_FILTERS_H
#define BPFOPT_TESTS_FRONTEND_LOWER_FILTERS_H

namespace bpfopt::frontend {

// clang-format off
inline constexpr const char* kLowerFilters[] = {
    "",
    // Protocol words.
    "ip", "ip6", "arp", "rarp", "tcp", "udp", "sctp", "icmp", "icmp6", "igmp", "igrp", "pim", "vrrp", "carp",
    "ah", "esp", "atalk", "aarp", "decnet", "lat", "sca", "moprc", "mopdl", "iso", "esis", "isis", "clnp", "stp",
    "ipx", "netbeui", "ether", "not tcp", "not not arp", "ip or ip6 and udp", "not (ip or arp)",
    // Protocols by number.
    "ip proto 47", "ip6 proto 58", "proto 6", "ether proto 0x88cc", "ether proto 0x600", "ether proto 5",
    "ether proto 0x42", "ether proto 6", "ether proto 0xe0", "ether proto 0xf0", "ether proto 0xfe",
    "ether proto 0x809b", "ether proto 0x80f3", "ether proto 0x800", "ether proto 0x86dd", "ether proto 1500",
    "ether proto 1501", "ether proto 70000", "iso proto 0x83", "isis proto 18", "tcp proto 3", "arp proto 3",
    "ip proto 300", "ip proto 1 or 2 or 6", "not ip proto 17", "clnp proto 2", "atalk proto 1",
    // Hosts.
    "host 192.0.2.17", "src host 192.0.2.17", "dst host 192.0.2.17", "src or dst host 192.0.2.17",
    "src and dst host 192.0.2.17", "ip host 192.0.2.17", "ip src 192.0.2.17", "arp host 192.0.2.17",
    "rarp dst host 192.0.2.17", "ip6 host 192.0.2.17", "tcp host 192.0.2.17", "udp src 192.0.2.17",
    "icmp host 192.0.2.17", "host 10.1", "host 10", "src 10.1.2", "ether host 10.1.2.3", "ah host 10.1.2.3",
    "host 2001:db8::1", "ip6 src host 2001:db8::1", "ip6 src and dst host 2001:db8::1", "ip host 2001:db8::1",
    "dst ::", "host ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "arp host 2001:db8::1", "host 1.2.3.4 or 5.6.7.8",
    "host 1.2.3.4 and not port 22", "not host 1.2.3.4",
    "stp host 1.2.3.4", "iso host 1.2.3.4",
    // Networks.
    "net 10.0.0.0/8", "src net 10.1", "dst net 10", "net 192.0.2.0 mask 255.255.255.0", "net 0.0.0.0/0",
    "net 192.0.2.1/32", "net 192.0.2.17/24", "ip net 172.16.0.0/12", "arp net 172.16.0.0/12", "tcp net 10.0.0.0/8",
    "ip6 net 2001:db8::/32", "net 2001:db8::/33", "src net ::/0", "net 2001:db8::1/128", "net 2001:db8::1/64",
    "host 10.0.0.0/8", "host 2001:db8::/32", "net 10.0.0.0 mask 255.0.255.0", "net 0", "net 300", "net 1000000",
    "ether net 10", "src and dst net 10.0.0.0/8",
    // MAC addresses.
    "ether host 01:02:03:04:05:06", "ether src 01:02:03:04:05:06", "ether dst host 01:02:03:04:05:06",
    "ether src and dst 01:02:03:04:05:06", "host 01:02:03:04:05:06", "ether broadcast", "broadcast",
    "ether multicast", "multicast", "ip broadcast", "ip multicast", "ip6 multicast", "ip6 broadcast",
    "arp multicast", "tcp broadcast",
    // Ports.
    "port 80", "src port 80", "dst port 80", "src or dst port 80", "src and dst port 80", "tcp port 80",
    "udp dst port 53", "sctp src port 5000", "ip port 80", "icmp port 80", "port 65535", "port 65536", "port 0",
    "portrange 1000-2000", "tcp portrange 2000-1000", "udp src portrange 0-65535", "portrange 80-80",
    "src and dst portrange 5-7", "portrange 1-65536", "portrange 80", "ip6 portrange 1-2",
    "port 80 or 443 or 8080", "not port 80 and not port 443", "ip and tcp port 80 or udp port 53",
    "port 1.2.3.4", "port 2001:db8::1",
    // Lengths, direction, interface.
    "greater 100", "less 100", "less 0", "greater 4294967295", "len > 100", "len <= 64", "len != 60",
    "len = ether[12:2]",
    // LLC.
    "llc", "llc i", "llc s", "llc u", "llc rr", "llc rnr", "llc rej", "llc ui", "llc ua", "llc disc", "llc dm",
    "llc sabme", "llc test", "llc xid", "llc frmr", "llc XID", "llc nothing", "not llc u", "llc and llc i",
    // Encapsulations, also across `or`.
    "vlan", "vlan 5", "vlan 4095", "vlan 4096", "vlan and vlan", "vlan 5 and vlan 6 and ip", "vlan and tcp port 80",
    "vlan or ip", "(vlan and ip) or ip", "(vlan and net 192.168.0.0/16) or net 192.168.0.0/16", "not vlan and ip",
    "vlan and ether host 01:02:03:04:05:06", "vlan and ether[12:2] = 0x8100", "vlan and llc",
    "ip or (vlan and ip6) or (vlan and arp)", "vlan and stp",
    "mpls", "mpls 100", "mpls 1048575", "mpls 1048576", "mpls and ip", "mpls and mpls and ip6", "mpls 5 and mpls 6",
    "mpls and host 1.2.3.4", "mpls and arp", "mpls and tcp port 80", "mpls and vlan", "vlan and mpls",
    "mpls or ip", "mpls and ip[0] = 0x45", "mpls and ip proto 6", "mpls and pppoes", "mpls and llc",
    "mpls and ether host 01:02:03:04:05:06", "mpls and iso",
    "pppoed", "pppoes", "pppoes 5", "pppoes 65535", "pppoes 65536", "pppoes and ip", "pppoes 5 and tcp port 80",
    "pppoes and mpls and ip", "pppoes and ether host 01:02:03:04:05:06", "pppoes and ether[0] = 1",
    "pppoes and pppoed", "pppoes and vlan", "vlan and pppoes and ip6", "pppoes or ip", "pppoes and pppoes",
    "pppoes and arp", "pppoes and stp", "pppoes and iso", "pppoes and esis", "pppoed and ip", "pppoes and llc",
    "pppoes and atalk",
    "geneve", "geneve 5", "geneve 16777215", "geneve 16777216", "geneve and ip", "geneve and ip6 and udp",
    "geneve and host 1.2.3.4", "geneve and tcp port 80", "geneve and ether host 01:02:03:04:05:06",
    "geneve and ether broadcast", "geneve and multicast", "geneve and vlan 5 and ip", "geneve and mpls and ip",
    "geneve and pppoes and ip", "geneve and tcp[13] & 2 != 0", "geneve and ip[9] = 6", "geneve and ether[0] & 1 = 1",
    "geneve and ip6[6] = 17", "geneve and icmp6[0] = 1", "geneve and geneve", "geneve 1 and geneve 2 and ip",
    "vlan and geneve and ip", "mpls and geneve and ip", "pppoes and geneve and ip", "geneve and stp",
    "geneve and llc s", "geneve and portrange 5-9", "geneve and ip multicast", "not geneve",
    "geneve and (ip or ip6)", "geneve and isis", "geneve and pppoes and tcp port 80", "geneve and clnp",
    "geneve or ip", "geneve or tcp port 80", "(geneve and ip) or udp port 53", "ip or geneve or ip6[6] = 6",
    "(geneve 5 or arp) and tcp[0] = 5", "(geneve and geneve) or ip", "not geneve and ip", "geneve or vlan 3 or ip",
    "(geneve and vlan) or tcp", "geneve or pppoes or ip", "mpls and (geneve or ip)",
    "geneve or ether host 01:02:03:04:05:06", "geneve or (geneve and ip) or udp", "geneve and len > 5 or ip",
    // Relations.
    "ether[0] & 1 != 0", "ether[0:2] = 5", "ether[0:4] > 5", "ether[12:2] >= 0x600", "ether[5] < 5",
    "ether[5] <= 5", "ether[1000] = 1", "ether[0xffffffff] = 1", "ether[4294967295:4] = 0", "ip[0] & 0xf != 5",
    "ip[2:2] > 576", "ip[6:2] & 0x1fff = 0", "ip6[6] = 6", "ip6[40] = 5", "arp[6:2] = 1", "rarp[0] = 1",
    "tcp[13] & 7 != 0", "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", "tcp[tcpflags] & tcp-ack = 0", "udp[4:2] > 100",
    "icmp[icmptype] = icmp-echo", "icmp[0] != 8 and icmp[0] != 0", "icmp6[0] = 135", "icmp6[icmp6type] = 1",
    "igmp[0] = 0x11", "igrp[0] = 1", "pim[0] = 0x20", "vrrp[0] = 0x21", "carp[0] = 0x21", "sctp[12] = 1",
    "atalk[0] = 1", "decnet[0] = 1", "lat[0] = 1", "sca[0] = 1", "moprc[0] = 1", "mopdl[0] = 1", "aarp[0] = 1",
    "stp[0] = 1", "ipx[0] = 1", "ah[0] = 1", "esp[0] = 1", "iso[0] = 1", "isis[0] = 1",
    "ip[ip[0] & 0xf] = 5", "tcp[udp[0]] = 5", "udp[ip[9]:2] = 1", "ip[tcp[12] >> 2] = 3", "tcp[icmp6[0]] = 1",
    "icmp6[tcp[0]] = 1", "ether[ether[ether[0]]] = 1", "ip6[ip[0]:4] > ip[ip6[0]:2]", "1 + tcp[0] = 5",
    "tcp[0] + udp[0] = 5", "tcp[0] = udp[0]", "1 = tcp[0]", "-tcp[0] = 5", "tcp[len - 60] = 1",
    "tcp[(tcp[12] & 0xf0) >> 2] = 0x47", "tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420",
    "ip[2:2] - ((ip[0] & 0xf) << 2) - ((tcp[12] & 0xf0) >> 2) != 0", "udp[8 + udp[4]] = 0",
    "ether[0] / 3 = 5", "ether[0] / ether[1] = 5", "ether[0] % ether[1] = 2", "ether[0] % 7 = 2", "0 / ether[1] = 0",
    "ether[1] * ether[2] = 6", "ether[1] | ether[2] = 3", "ether[1] ^ ether[2] = 3", "ether[1] << 3 = 8",
    "ether[1] << ether[2] = 8", "ether[0:4] >> ether[2] = 1", "ether[0] >> 31 = 0", "1 << 31 = 0x80000000",
    "ether[0] - ether[1] = -1", "- ether[0] < 5", "ether[0] / 0 = 1", "ether[0] % 0 = 1", "ether[0] << 32 = 1",
    "ether[0] >> 32 = 1", "ether[0] / (1 - 1) = 1", "ether[0] % (2 - 2) = 0", "1 / 4294967295 = 0",
    "ether[1000] & 0 = 0", "ether[1000] * 0 = 0", "1 = 1", "1 = 2", "1 != 2", "5 > 4", "4 >= 5", "4 < 5", "4 <= 3",
    "len = len", "ether[0] = ether[1]", "ether[0] > ether[1]", "ether[0] >= ether[6]", "ether[0] != ether[6]",
    "len - 14 > ip[2:2]", "ether[len - 1] = 0", "ether[0x7fffffff] = 0", "ether[ether[0:4]] = 1",
    "ip[ether[0:4] * 4:2] = 1", "tcp[ether[0:4]] = 1", "ip and ether[0] = 1 or not arp",
    "ether[0] << (8*4-31) = 0", "ip6 and tcp[tcpflags] & tcp-syn != 0", "ether[0:3] = 1", "radio[0] = 1",
};
// clang-format on

// Words that belong to some link types, to be tried on all.
// clang-format off
inline constexpr const char* kLinkFilters[] = {
    // 802.11.
    "type mgt", "type ctl", "type data", "wlan type data", "type 4", "type mgt subtype beacon",
    "type data subtype qos-data", "subtype ack", "type 0 subtype 0x80", "dir nods", "dir tods", "wlan dir fromds",
    "dir dstods", "dir 5", "wlan addr1 01:02:03:04:05:06", "wlan addr2 01:02:03:04:05:06",
    "wlan addr3 01:02:03:04:05:06", "wlan addr4 01:02:03:04:05:06", "wlan ra 01:02:03:04:05:06",
    "wlan ta host 01:02:03:04:05:06", "wlan host 01:02:03:04:05:06", "wlan src 01:02:03:04:05:06",
    "wlan dst 01:02:03:04:05:06", "wlan src and dst 01:02:03:04:05:06", "wlan broadcast", "wlan multicast",
    "type data and ip", "type data and tcp port 80", "not type mgt and ip6", "type data and wlan[4] & 1 != 0",
    "vlan and ip and type data", "llc and type data", "llc u", "radio[8:2] & 0x20 != 0", "ip and radio[4] = 1",
    "addr1 01:02:03:04:05:06", "wlan addr1 host 01:02:03:04:05:06 or wlan ra 0a:0b:0c:0d:0e:0f",
    "subtype beacon or subtype probe-req", "dir tods and ip host 192.0.2.1", "clnp", "ether proto 0x888e",
    // PF logs.
    "ifname en0", "on fxp0", "rnr 5", "rulenum 5", "srnr 4294967295", "subrulenum 6", "reason match", "reason 3",
    "reason fragment", "rset anchor", "ruleset a", "action pass", "action block", "action drop", "action accept",
    "on fxp0 and action block and ip", "rulenum 5 and tcp port 80", "inbound", "outbound", "not on lo0 and ip6",
    "ifname a", "on abcdefghijklmno", "inbound and ip proto 6 or outbound",
    // ATM.
    "lane", "metac", "bcc", "oam", "oamf4", "oamf4ec", "oamf4sc", "sc", "ilmic", "connectmsg", "metaconnect",
    "vpi 5", "vpi = 5", "vpi > 5", "vpi >= 5", "vpi < 5", "vpi <= 5", "vpi != 5", "vpi (5 or 6)", "vci 33",
    "vci > 31 and vpi 0", "vci (33 or 34 or 35)", "not vci 5", "vpi 300", "vci 70000", "lane and ip",
    "lane and ether host 01:02:03:04:05:06", "lane and lane and ip", "lane and vpi 3", "lane and ether broadcast",
    "lane or ip", "(lane and ip) or arp", "lane and vlan 5 and ip", "lane and pppoes and ip", "lane and multicast",
    "lane and mpls and ip", "lane and tcp port 80", "vpi 0 and vci 100 and ip", "lane and geneve and ip",
    "lane and llc", "lane and ether[0] = 1", "llc and vpi 1",
    // SS7.
    "fisu", "lssu", "lsu", "msu", "hfisu", "hlssu", "hmsu", "sio 5", "sio 255", "sio 256", "opc 5", "opc 16383",
    "opc 16384", "dpc 0x3f12", "sls 15", "sls 16", "hsio 131", "hopc 5", "hdpc 5", "hsls 5", "opc > 5", "dpc < 300",
    "sls >= 3", "sio != 5", "opc (5 or 6)", "msu and dpc 100 and opc 200", "hmsu and hsls (1 or 2 or 3)",
    "not fisu", "opc <= 1000 and sio 3",
    // ARCnet, DECnet, the rest.
    "link host $1", "ether src $2f", "ether dst host $d", "host $1", "ether host $1 and ip", "ether broadcast and arp",
    "decnet host 1.2", "decnet src 10.200", "decnet dst host 10.1000", "decnet src and dst 63.1023",
    "decnet host 5", "decnet", "l1", "l2", "iih", "lsp", "snp", "csnp", "psnp", "isis and not iih", "iso proto 300",
    "byte 12 = 8", "byte 0 < 5", "byte 1 > 7", "byte 3 & 5", "byte 3 | 5", "ip and byte 3 & 1", "byte 7 | 0 or ip",
    "ip or byte 5 & 7", "not byte 0 = 1", "byte 1000 = 1", "tcp port 80 and byte 2 | 0", "llc and byte 1 & 3",
};
// clang-format on

// Refused by libpcap for a number that is not what it takes it for, and right.
inline constexpr const char* kOnlyOurs[] = {
    "100 / ether[0] = 1",        "1 << (40 - 20) = 1", "ether[1] / ether[0] = 2",  "ether[1] % (0 + 3) = 2",
    "ether[0] << ether[40] = 0", "2 / (0 + 1) = 2",    "ether[1] >> (33 - 3) = 0",
};

}  // namespace bpfopt::frontend

#endif  // BPFOPT_TESTS_FRONTEND_LOWER_FILTERS_H
