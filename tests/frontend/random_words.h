// The words of pcap-filter that have values of their own, and the addresses of other link layers, as a
// grammar: what a random filter draws them from. {symbol} stands for an alternative of that symbol,
// {ids:symbol} for an id or ids of that kind. Some alternatives are wrong on purpose.
#ifndef BPFOPT_TESTS_FRONTEND_RANDOM_WORDS_H
#define BPFOPT_TESTS_FRONTEND_RANDOM_WORDS_H

#include <string_view>
#include <vector>

namespace bpfopt::frontend {

struct WordRule {
  std::string_view symbol;
  std::vector<std::string_view> alternatives;
};

// clang-format off
inline const std::vector<WordRule> kWordRules = {
    // Start symbols, one for each kind of link layer.
    {"ethernet", {
        "{isis}", "not {isis}", "{isis} or {isis}", "{isis}[0] = 1", "{isis} host 5", "{isis} proto 5",
        "byte {number} {byte-op} {number}", "byte {number} {byte-op} x", "byte ({number}) = 1",
        "decnet {direction}{host}{ids:decnet}", "decnet net 1.2", "decnet port 1", "decnet host ::1",
        "{chain}protochain {ids:protocol}", "src protochain 6", "iso proto {ids:osi}", "isis proto {ids:number}",
        "gateway {gateway}", "ip gateway {gateway}", "tcp gateway x", "gateway (1.2.3.4)", "dst gateway x",
        "radio", "radio[0] = 1", "radio host 1.2.3.4", "{wlan-direction} {not-wlan}", "ether host {ids:arcnet-address}",
        "host $1", "llc {llc}", "host fe80::1%eth0", "ifname en0", "type mgt", "vpi 5", "fisu", "sio 5"}},
    {"wlan", {
        "{prefix}type {type}", "{prefix}type {type}", "{prefix}type {type-number}",
        "{prefix}type mgt subtype {management}", "type control subtype {control}", "type 8 subtype {data}",
        "type {type} subtype {data}", "{prefix}type {type-number} subtype {subtype-number}",
        "type 12 subtype beacon", "{prefix}subtype {management}", "{prefix}subtype {control}",
        "{prefix}subtype {data}", "subtype 16", "subtype x", "type x", "type (4)",
        "{prefix}dir {dir}", "direction {dir}", "dir x",
        "wlan {wlan-direction} {host}{ids:mac}", "wlan {direction}{host}{ids:mac}",
        "{wlan-direction} {not-wlan}", "type mgt or ctl", "llc {llc}"}},
    {"pf-log", {
        "{interface} {name}", "{ruleset} {name}", "{interface} 5", "{ruleset} (a)", "{rule} {number}",
        "{rule} ({number})", "{rule} x", "reason {reason}", "reason {number}", "reason x", "action {action}",
        "action 1", "action x", "ip {rule} {number}", "rnr 5 or 6"}},
    {"atm", {
        "{cell}", "not {cell}", "ip {cell}", "{atm-field} {number}", "{atm-field} {relation} {number}",
        "{atm-field} {list}", "{atm-field} x", "{atm-field} {relation} ({number})", "vpi 5 or 6",
        "{atm-field} {list} and {cell}", "llc {llc}"}},
    {"ss7", {
        "{unit}", "not {unit}", "ip {unit}", "{field} {small}", "{field} {relation} {small}", "{field} {list}",
        "{field} {number}", "{field} x", "sio 5 or 6", "{field} {relation} ({small})"}},
    {"arcnet", {
        "{direction-ether}{host}{ids:arcnet-address}", "ether host $123", "{not-ether}{ids:arcnet-address}", "$1f",
        "ether {wlan-direction} {ids:arcnet-address}", "ether broadcast", "broadcast"}},
    // Values.
    {"isis", {"l1", "l2", "iih", "lsp", "snp", "csnp", "psnp"}},
    {"byte-op", {"=", "==", "<", ">", "&", "|", "!="}},
    {"number", {"0", "5", "0x1f", "017", "300", "tcp-syn", "4294967295"}},
    {"small", {"0", "5", "0xf", "015"}},
    {"decnet", {"10.1000", "1.2", "63.1023", "0.0", "5", "01.02"}},
    {"protocol", {"6", "\\tcp", "\\udp", "300"}},
    {"chain", {"", "ip ", "ip6 ", "ether ", "tcp "}},
    {"osi", {"\\clnp", "\\esis", "\\isis", "5", "300"}},
    {"gateway", {"1.2.3.4", "5", "::1", "2:0:0:0:0:1", "$1f", "tcp"}},
    {"llc", {"i", "s", "u", "rr", "rnr", "rulenum", "rej", "ui", "ua", "disc", "dm", "sabme", "test", "xid",
             "frmr", "UI", "x"}},
    {"prefix", {"", "wlan ", "ip "}},
    {"type", {"mgt", "management", "ctl", "control", "data", "MGT", "\\data"}},
    {"type-number", {"0", "4", "8", "12", "5", "16"}},
    {"subtype-number", {"0", "0x10", "0xf0", "1", "256"}},
    {"management", {"assoc-req", "assocreq", "assoc-resp", "assocresp", "reassoc-req", "reassocreq",
                    "reassoc-resp", "reassocresp", "probe-req", "probereq", "probe-resp", "proberesp", "beacon",
                    "atim", "disassoc", "disassociation", "auth", "authentication", "deauth",
                    "deauthentication", "Beacon"}},
    {"control", {"ps-poll", "rts", "cts", "ack", "cf-end", "cf-end-ack"}},
    {"data", {"data", "data-cf-ack", "data-cf-poll", "data-cf-ack-poll", "null", "cf-ack", "cf-poll",
              "cf-ack-poll", "qos-data", "qos-data-cf-ack", "qos-data-cf-poll", "qos-data-cf-ack-poll", "qos",
              "qos-cf-poll", "qos-cf-ack-poll"}},
    {"dir", {"nods", "tods", "fromds", "dstods", "NoDS", "0", "3", "5"}},
    {"wlan-direction", {"addr1", "addr2", "addr3", "addr4", "address1", "address2", "address3", "address4", "ra",
                        "ta"}},
    {"not-wlan", {"10.0.0.1", "host 5", "net 10", "port 80", "portrange 1-2", "host ::1", "proto 5",
                  "2:0:0:0:0:1", "or dst 5"}},
    {"host", {"", "host "}},
    {"mac", {"2:0:5e:10:0:1", "02-00-5e-10-00-02", "0200.5e10.0003", "02005e100004"}},
    {"arcnet-address", {"$1f", "$0", "$F", "$ff"}},
    {"not-ether", {"host ", "src ", "net ", "ip host ", "port ", "proto "}},
    {"direction", {"", "src ", "dst ", "src or dst ", "src and dst "}},
    {"direction-ether", {"ether ", "ether src ", "link dst ", "ether src or dst ", "ether dst and src "}},
    {"interface", {"ifname", "on"}},
    {"ruleset", {"ruleset", "rset"}},
    {"rule", {"rulenum", "rnr", "subrulenum", "srnr"}},
    {"name", {"en0", "a", "\\tcp", "abcde", "0123456789abcde", "0123456789abcdef", "a-b.c_d"}},
    {"reason", {"match", "bad-offset", "fragment", "short", "normalize", "memory", "bad-timestamp", "congestion",
                "ip-option", "proto-cksum", "state-mismatch", "state-insert", "state-limit", "src-limit",
                "synproxy", "SHORT"}},
    {"action", {"pass", "accept", "block", "drop", "scrub", "noscrub", "nat", "nonat", "binat", "nobinat", "rdr",
                "nordr", "synproxy-drop", "Pass"}},
    {"cell", {"lane", "metac", "bcc", "oam", "oamf4", "oamf4ec", "oamf4sc", "sc", "ilmic", "connectmsg",
              "metaconnect"}},
    {"atm-field", {"vpi", "vci"}},
    {"relation", {"=", "==", "!=", ">", ">=", "<", "<="}},
    {"list", {"({small})", "({small} or {small})", "({small}||{small} or {small})", "({small} and {small})",
              "(({small}) or {small})", "(x)", "()"}},
    {"unit", {"fisu", "lssu", "lsu", "msu", "hfisu", "hlssu", "hmsu"}},
    {"field", {"sio", "opc", "dpc", "sls", "hsio", "hopc", "hdpc", "hsls"}},
};
// clang-format on

}  // namespace bpfopt::frontend

#endif  // BPFOPT_TESTS_FRONTEND_RANDOM_WORDS_H
