// What people paste and drop.
import assert from 'node:assert/strict';
import test from 'node:test';
import { CaptureError, parseCapture, parseHex, parseHexPackets } from '../../web/src/capture.js';
import { pcapngOf, pcapOf, randomPackets } from './packets.mjs';

const bytes = Uint8Array.from({ length: 20 }, (_, i) => (i * 37 + 8) & 0xff);
const plain = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));

const SPELLINGS = {
  'digits alone': plain.join(''),
  'capitals': plain.join('').toUpperCase(),
  'with colons': plain.join(':'),
  'as C': plain.map((byte) => `0x${byte}`).join(', '),
  'escaped': plain.map((byte) => `\\x${byte}`).join(''),
  'tcpdump -xx': `\t0x0000:  ${plain.join('').slice(0, 32).match(/.{4}/g).join(' ')}\n\t0x0010:  ${plain.join('').slice(32).match(/.{4}/g).join(' ')}\n`,
  'tcpdump -XX': `\t0x0000:  ${plain.join('').slice(0, 32).match(/.{4}/g).join(' ')}  .-Rw........abcd\n\t0x0010:  ${plain.join('').slice(32).match(/.{4}/g).join(' ')}                      ab..\n`,
  'hexdump -C': `00000000  ${plain.slice(0, 8).join(' ')}  ${plain.slice(8, 16).join(' ')}  |.-Rw....|\n00000010  ${plain.slice(16).join(' ')}  |ab|cd|\n00000014\n`,
  'xxd': `00000000: ${plain.join('').slice(0, 32).match(/.{4}/g).join(' ')}  .-Rw............\n00000010: ${plain.join('').slice(32).match(/.{4}/g).join(' ')}       dead\n`,
  'Wireshark': `0000   ${plain.slice(0, 16).join(' ')}   .-Rw....\n0010   ${plain.slice(16).join(' ')}   ab..\n`,
};


const words = (text) => text.match(/.{4}/g).join(' ');
SPELLINGS['tcpdump -xx with its line for the packet'] = `12:00:00.123456 IP 192.0.2.17.80 > 198.51.100.7.4000: Flags [S], seq 1, win 512, length 0\n\t0x0000:  ${words(plain.join('').slice(0, 32))}\n\t0x0010:  ${words(plain.join('').slice(32))}\n`;
SPELLINGS['od -Ax -tx1'] = `000000 ${plain.slice(0, 16).join(' ')}\n000010 ${plain.slice(16).join(' ')}\n000014\n`;
SPELLINGS['a frame of Wireshark with its heading'] = `Frame 1: 20 bytes on wire\n\n0000   ${plain.slice(0, 16).join(' ')}   .-Rw....\n0010   ${plain.slice(16).join(' ')}   ab..\n`;

for (const [name, text] of Object.entries(SPELLINGS)) {
  test(`reads hexadecimal: ${name}`, () => assert.deepEqual(parseHex(text), bytes));
}
test('lines that hexdump left out are put back', () => {
  assert.deepEqual(parseHex('00000000  01 02 03 04 05 06 07 08  09 0a 0b 0c 0d 0e 0f 10  |................|\n*\n00000030  ff  |.|\n00000031\n'),
    Uint8Array.from([...Array.from({ length: 48 }, (_, i) => i % 16 + 1), 0xff]));
});
test('reads all packets of a dump', () => {
  const found = parseHexPackets('IP a > b\n\t0x0000:  0102 0304\nIP c > d\n\t0x0000:  0506\n');
  assert.deepEqual(found.map((packet) => [...packet]), [[1, 2, 3, 4], [5, 6]]);
});
test('says that a line is missing', () => assert.throws(() => parseHex('0000  01 02\n0010  03 04\n'), /a line is for byte 16, and 2 came before it/));

for (const [text, message] of [['', /no bytes/], ['45 0', /odd number/], ['45 zz', /'z'/], ['hello', /'h'/]]) {
  test(`refuses '${text}'`, () => assert.throws(() => parseHex(text), (error) => error instanceof CaptureError && message.test(error.message)));
}

const packets = randomPackets(30, 3);
const simplify = (capture) => capture.packets.map((packet) => ({ bytes: [...packet.bytes], wireLength: packet.wireLength }));
const expected = packets.map((packet) => ({ bytes: [...packet.bytes], wireLength: packet.wireLength }));

for (const little of [true, false]) {
  for (const [name, make] of Object.entries({ pcap: pcapOf, pcapng: pcapngOf })) {
    test(`reads ${name}, ${little ? 'little' : 'big'}-endian`, () => {
      const capture = parseCapture(make(packets, { little, linkType: 113 }).buffer);
      assert.equal(capture.format, name);
      assert.equal(capture.error, null);
      assert.deepEqual(simplify(capture), expected);
      assert.ok(capture.packets.every((packet) => packet.linkType === 113));
    });
    test(`a ${name} file that is cut short gives the packets before that, ${little ? 'little' : 'big'}-endian`, () => {
      const file = make(packets, { little });
      const capture = parseCapture(file.buffer.slice(0, file.length - 3));
      assert.match(capture.error, /cut short|ends in packet/);
      assert.deepEqual(simplify(capture), expected.slice(0, -1));
    });
  }
}

test('reads pcap with nanoseconds', () => assert.equal(parseCapture(pcapOf(packets, { magic: 0xa1b23c4d }).buffer).packets.length, packets.length));
test('LINKTYPE_RAW is DLT_RAW', () => assert.equal(parseCapture(pcapOf(packets, { linkType: 101 }).buffer).packets[0].linkType, 12));
test('refuses other files', () => assert.throws(() => parseCapture(new TextEncoder().encode('#!/bin/sh\necho not a capture').buffer), CaptureError));
test('no damaged file throws or hangs', () => {
  const file = pcapngOf(packets);
  for (let i = 0; i < file.length; i += 3) {
    const damaged = file.slice();
    damaged[i] ^= 0xff;
    try {
      parseCapture(damaged.buffer);
    } catch (error) {
      assert.ok(error instanceof CaptureError, String(error));
    }
  }
});
