// A packet in a few words, as tcpdump would begin its line: enough to know it again in a list.

const ETHERTYPES = { 0x0800: 'IP', 0x0806: 'ARP', 0x86dd: 'IP6', 0x8847: 'MPLS', 0x8863: 'PPPoE D', 0x8864: 'PPPoE S', 0x88cc: 'LLDP', 0x8035: 'RARP' };
const VLAN_TYPES = [0x8100, 0x88a8, 0x9100];
const PROTOCOLS = { 1: 'ICMP', 2: 'igmp', 6: 'TCP', 17: 'UDP', 47: 'GRE', 50: 'ESP', 51: 'AH', 58: 'ICMP6', 89: 'OSPF', 132: 'SCTP' };
const WITH_PORTS = [6, 17, 132];
const DLT = { EN10MB: 1, RAW: 12, LINUX_SLL: 113, LINUX_SLL2: 276 };

class Truncated extends Error {}

/** Reads big-endian numbers; a packet that ends too early ends the description. */
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
  }

  number(at, width) {
    if (at + width > this.bytes.length) throw new Truncated();
    return this.bytes.subarray(at, at + width).reduce((value, byte) => value * 256 + byte, 0);
  }

  words(at, count) {
    return Array.from({ length: count }, (_, i) => this.number(at + 2 * i, 2));
  }
}

const address4 = (reader, at) => Array.from({ length: 4 }, (_, i) => reader.number(at + i, 1)).join('.');

function address6(reader, at) {
  const words = reader.words(at, 8);
  const runs = words.map((_, i) => words.slice(i).findIndex((word) => word !== 0)).map((run, i) => (run < 0 ? 8 - i : run));
  const longest = Math.max(...runs);
  const text = (part) => part.map((word) => word.toString(16)).join(':');
  if (longest < 2) return text(words);
  const start = runs.indexOf(longest);
  return `${text(words.slice(0, start))}::${text(words.slice(start + longest))}`;
}

function transport(reader, at, protocol, from, to) {
  const name = PROTOCOLS[protocol] ?? `ip-proto-${protocol}`;
  if (!WITH_PORTS.includes(protocol) || at + 4 > reader.bytes.length) return `${from} > ${to}: ${name}`;
  return `${from}.${reader.number(at, 2)} > ${to}.${reader.number(at + 2, 2)}: ${name}`;
}

function ip4(reader, at) {
  const [from, to] = [address4(reader, at + 12), address4(reader, at + 16)];
  const protocol = reader.number(at + 9, 1);
  const fragment = reader.number(at + 6, 2) & 0x1fff;
  if (fragment !== 0) return `IP ${from} > ${to}: ${PROTOCOLS[protocol] ?? `ip-proto-${protocol}`}, fragment at ${8 * fragment}`;
  return `IP ${transport(reader, at + 4 * (reader.number(at, 1) & 0xf), protocol, from, to)}`;
}

function ip6(reader, at) {
  return `IP6 ${transport(reader, at + 40, reader.number(at + 6, 1), address6(reader, at + 8), address6(reader, at + 24))}`;
}

function arp(reader, at) {
  const [target, sender] = [address4(reader, at + 24), address4(reader, at + 14)];
  return reader.number(at + 6, 2) === 2 ? `ARP, Reply ${sender}` : `ARP, Request who-has ${target} tell ${sender}`;
}

function network(reader, at, type) {
  if (VLAN_TYPES.includes(type)) return `vlan ${reader.number(at, 2) & 0xfff}, ${network(reader, at + 4, reader.number(at + 2, 2))}`;
  try {
    if (type === 0x0800) return ip4(reader, at);
    if (type === 0x86dd) return ip6(reader, at);
    if (type === 0x0806) return arp(reader, at);
  } catch (error) {
    if (!(error instanceof Truncated)) throw error;
    return `${ETHERTYPES[type]}, cut short`;
  }
  if (type <= 1500) return '802.3';
  return ETHERTYPES[type] ?? `ethertype 0x${type.toString(16).padStart(4, '0')}`;
}

/** Of a packet of the link type of that number; empty where it is another one, or nothing is to be said. */
export function dissect(bytes, linkType) {
  const reader = new Reader(bytes);
  try {
    switch (linkType) {
      case DLT.EN10MB:
        return network(reader, 14, reader.number(12, 2));
      case DLT.RAW:
        return network(reader, 0, reader.number(0, 1) >> 4 === 6 ? 0x86dd : 0x0800);
      case DLT.LINUX_SLL:
        return network(reader, 16, reader.number(14, 2));
      case DLT.LINUX_SLL2:
        return network(reader, 20, reader.number(0, 2));
      default:
        return '';
    }
  } catch (error) {
    if (!(error instanceof Truncated)) throw error;
    return '';
  }
}
