// Packets from what people have at hand: hexadecimal in the forms that tools print, pcap and pcapng files.

export class CaptureError extends Error {}

// An offset and a gap; a gap of one blank only where pairs of digits follow, or they could be bytes themselves.
const OFFSET = /^\s*(?:0x)?([0-9a-f]{4,8})(?::\s*|\s{2,}|\t\s*|\s(?=[0-9a-f]{2}(?:\s|$)))/i;
const LAST_OFFSET = /^\s*(?:0x)?([0-9a-f]{6,8})\s*$/i;

/** The hexadecimal words behind a line's offset, without the column of characters behind them. */
function dumpWords(text) {
  const words = [];
  let digits = 0;
  for (const piece of text.split('|')[0].split(/(\s+)/)) {
    if (piece === '' || /^\s$/.test(piece)) continue;
    if (/^\s+$/.test(piece)) {
      if (digits !== 16 && digits !== 0) break; // a wider gap in the middle, or before the characters
      continue;
    }
    if (!/^(?:[0-9a-f]{2})+$/i.test(piece) || digits + piece.length > 32) break;
    words.push(piece);
    digits += piece.length;
  }
  return words.join('');
}

const bytesOf = (digits) => (digits.match(/../g) ?? []).map((pair) => parseInt(pair, 16));

/** {offset, bytes} of a line of a dump; without bytes where it is the last one of hexdump -C; else null. */
function dumpLine(line) {
  const match = line.match(OFFSET);
  const bytes = match ? bytesOf(dumpWords(line.slice(match[0].length))) : [];
  if (bytes.length > 0) return { offset: parseInt(match[1], 16), bytes };
  const last = line.match(LAST_OFFSET);
  return last ? { offset: parseInt(last[1], 16), bytes } : null;
}

/** The packets of a dump; null when the text is none. Lines of other text between them are passed over. */
function parseDump(lines) {
  const packets = [];
  let isRepeated = false; // hexdump's asterisk: lines like the one above are left out
  for (const line of lines) {
    if (line.trim() === '*' && packets.length > 0) {
      isRepeated = true;
      continue;
    }
    const found = dumpLine(line);
    if (!found || (found.bytes.length === 0 && packets.length === 0)) continue;
    if (found.offset === 0 && found.bytes.length > 0) packets.push([]);
    const packet = packets.at(-1);
    if (!packet) return null;
    while (isRepeated && packet.length < found.offset && packet.length < LONGEST_PACKET) packet.push(...packet.slice(-16));
    isRepeated = false;
    if (packet.length !== found.offset) throw new CaptureError(`a line is for byte ${found.offset}, and ${packet.length} came before it`);
    packet.push(...found.bytes);
  }
  return packets.length > 0 ? packets : null;
}

/**
 * Packets from text: one in bare hexadecimal digits with blanks, colons, commas and 0x as they come, or all of a dump of
 * tcpdump -xx, xxd, hexdump -C, od -Ax -tx1 or Wireshark, whatever other lines are between them.
 */
export function parseHexPackets(text) {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const dumped = parseDump(lines);
  if (dumped) return dumped.map((bytes) => Uint8Array.from(bytes));
  const digits = lines.join(' ').replace(/0x|\\x/gi, ' ').replace(/[\s:,;.-]+/g, '');
  const bad = digits.match(/[^0-9a-f]/i);
  if (bad) throw new CaptureError(`'${bad[0]}' is no hexadecimal digit`);
  if (digits.length === 0) throw new CaptureError('no bytes yet');
  if (digits.length % 2 !== 0) throw new CaptureError('an odd number of hexadecimal digits');
  return [Uint8Array.from(bytesOf(digits))];
}

/** The first of them. */
export const parseHex = (text) => parseHexPackets(text)[0];

const LONGEST_PACKET = 1 << 24;
// LINKTYPE_ values that are other numbers as DLT_.
const DLT_OF_LINKTYPE = { 100: 11, 101: 12 };

function dltOf(linkType) {
  return DLT_OF_LINKTYPE[linkType] ?? linkType;
}

class Reader {
  constructor(buffer) {
    this.view = new DataView(buffer);
    this.bytes = new Uint8Array(buffer);
    this.little = false;
  }

  get size() {
    return this.bytes.length;
  }

  u16(at) {
    return this.view.getUint16(at, this.little);
  }

  u32(at) {
    return this.view.getUint32(at, this.little);
  }
}

const PCAP_MAGIC = { 0xa1b2c3d4: 16, 0xa1b23c4d: 16, 0xa1b2cd34: 24 }; // to the size of a packet's header

function isPcap(reader) {
  for (const little of [false, true]) {
    reader.little = little;
    if (reader.size >= 24 && PCAP_MAGIC[reader.u32(0)] !== undefined) return true;
  }
  return false;
}

function parsePcap(reader) {
  const headerSize = PCAP_MAGIC[reader.u32(0)];
  const linkType = dltOf(reader.u32(20) & 0x0fff);
  const result = { format: 'pcap', packets: [], error: null };
  let at = 24;
  while (at < reader.size) {
    const captured = at + headerSize <= reader.size ? reader.u32(at + 8) : LONGEST_PACKET + 1;
    if (captured > LONGEST_PACKET || at + headerSize + captured > reader.size) {
      result.error = `the file ends in packet ${result.packets.length + 1}`;
      break;
    }
    const begin = at + headerSize;
    result.packets.push({
      bytes: reader.bytes.subarray(begin, begin + captured), wireLength: reader.u32(at + 12), linkType,
    });
    at = begin + captured;
  }
  return result;
}

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

/** Where a pcapng block's packet is: [interface, captured, wire, start of bytes]. */
function placeOf(reader, type, at, interfaces) {
  if (type === ENHANCED_PACKET) return [reader.u32(at + 8), reader.u32(at + 20), reader.u32(at + 24), at + 28];
  if (type === OBSOLETE_PACKET) return [reader.u16(at + 8), reader.u32(at + 20), reader.u32(at + 24), at + 28];
  const wire = reader.u32(at + 8);
  const snaplen = interfaces[0]?.snaplen || wire;
  return [0, Math.min(wire, snaplen), wire, at + 12];
}

function parsePcapng(reader) {
  const result = { format: 'pcapng', packets: [], error: null };
  let interfaces = [];
  let at = 0;
  while (at + 12 <= reader.size) {
    if (reader.view.getUint32(at) === SECTION) {
      reader.little = reader.view.getUint32(at + 8) === 0x4d3c2b1a;
      interfaces = [];
    }
    const type = reader.u32(at);
    const size = reader.u32(at + 4);
    if (size < 12 || size % 4 !== 0 || at + size > reader.size) break;
    if (type === INTERFACE && size >= 20) {
      interfaces.push({ linkType: dltOf(reader.u16(at + 8)), snaplen: reader.u32(at + 12) });
    }
    const isPacket = type === SIMPLE_PACKET || type === ENHANCED_PACKET || type === OBSOLETE_PACKET;
    if (isPacket && size >= (type === SIMPLE_PACKET ? 16 : 32)) {
      const [index, captured, wireLength, begin] = placeOf(reader, type, at, interfaces);
      if (interfaces[index] === undefined || begin + captured > at + size - 4) break;
      result.packets.push({
        bytes: reader.bytes.subarray(begin, begin + captured), wireLength, linkType: interfaces[index].linkType,
      });
    }
    at += size;
  }
  if (at !== reader.size) result.error = `the file is cut short or damaged after packet ${result.packets.length}`;
  return result;
}

/**
 * Packets of a capture file (ArrayBuffer): [{bytes, wireLength, linkType}], linkType a DLT_ number. A file that
 * is cut short gives the packets before that, and `error` says so.
 */
export function parseCapture(buffer) {
  const reader = new Reader(buffer);
  if (isPcap(reader)) return parsePcap(reader);
  if (reader.size >= 12 && reader.view.getUint32(0) === SECTION) return parsePcapng(reader);
  throw new CaptureError('neither a pcap nor a pcapng file');
}
