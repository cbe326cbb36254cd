// Random packets that filters do not all reject, and captures of them.

/** The same numbers from the same seed: a 32-bit xorshift. */
export function generator(seed) {
  let state = seed * 2654435761 >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ state << 5) >>> 0;
    return state % below;
  };
}

const FIELDS = [
  [12, [[8, 0], [0x86, 0xdd], [8, 6], [0x81, 0]]], [14, [[0x45], [0x46], [0x60]]], [20, [[0, 0], [0x11, 0], [6, 64]]], [23, [[6], [17], [1]]],
  [26, [[192, 0, 2, 17], [0x20, 1, 0xd, 0xb8]]], [34, [[0, 80], [0, 53]]], [36, [[0, 80], [0, 53], [31, 144]]], [47, [[2], [18]]], [54, [[0, 80], [0, 53]]],
];

/** [{bytes, wireLength}]. */
export function randomPackets(count, seed) {
  const below = generator(seed);
  return Array.from({ length: count }, () => {
    const bytes = Uint8Array.from({ length: below(3) === 0 ? below(60) : 60 + below(60) }, () => (below(3) === 0 ? below(256) : below(8)));
    for (const [at, choices] of FIELDS) {
      if (below(8) > 0) choices[below(choices.length)].forEach((byte, i) => at + i < bytes.length && (bytes[at + i] = byte));
    }
    return { bytes, wireLength: bytes.length + (below(4) === 0 ? below(200) : 0) };
  });
}

/** A pcap file, little-endian unless told. */
export function pcapOf(packets, { little = true, linkType = 1, magic = 0xa1b2c3d4 } = {}) {
  const size = packets.reduce((sum, { bytes }) => sum + 16 + bytes.length, 24);
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  [magic, 0, 0, 0, 262144, linkType].forEach((word, i) => view.setUint32(4 * i, word, little));
  view.setUint16(4, 2, little);
  view.setUint16(6, 4, little);
  let at = 24;
  for (const { bytes, wireLength } of packets) {
    view.setUint32(at + 8, bytes.length, little);
    view.setUint32(at + 12, wireLength, little);
    file.set(bytes, at + 16);
    at += 16 + bytes.length;
  }
  return file;
}

/** A pcapng file: a section, an interface and enhanced packets. */
export function pcapngOf(packets, { little = true, linkType = 1 } = {}) {
  const blocks = [];
  const block = (type, body) => {
    const padded = (body.length + 3) & ~3;
    const bytes = new Uint8Array(padded + 12);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, type, little);
    view.setUint32(4, bytes.length, little);
    bytes.set(body, 8);
    view.setUint32(bytes.length - 4, bytes.length, little);
    blocks.push(bytes);
  };
  const words = (...values) => {
    const bytes = new Uint8Array(4 * values.length);
    values.forEach((value, i) => new DataView(bytes.buffer).setUint32(4 * i, value, little));
    return bytes;
  };
  block(0x0a0d0d0a, words(0x1a2b3c4d, 1, 0xffffffff, 0xffffffff));
  const linkTypeBytes = words(0, 262144);
  new DataView(linkTypeBytes.buffer).setUint16(0, linkType, little);
  block(1, linkTypeBytes);
  for (const { bytes, wireLength } of packets) block(6, Uint8Array.of(...words(0, 0, 0, bytes.length, wireLength), ...bytes));
  const file = new Uint8Array(blocks.reduce((sum, each) => sum + each.length, 0));
  let at = 0;
  for (const each of blocks) {
    file.set(each, at);
    at += each.length;
  }
  return file;
}
