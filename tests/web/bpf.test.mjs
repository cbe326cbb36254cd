// The page's interpreter against bpfopt's own, over random packets, and by hand where no filter gets to.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { ancillaryWords, run } from '../../web/src/bpf.js';
import { parseCapture } from '../../web/src/capture.js';
import { dissect } from '../../web/src/dissect.js';
import { pcapOf, randomPackets } from './packets.mjs';

const command = process.env.BPFOPT_COMMAND;

const FILTERS = [
  'tcp port 80 and host 192.0.2.17', 'port 53', 'not (udp or vlan)', 'ip6 net 2001:db8::/32 or arp', 'len > 100 and not greater 200',
  'ether[0] * ether[1] + 3 - (ether[2] & 7) > 100', 'ether[0] / (ether[1] + 0) = 1 or ether[2] % (ether[3] | 0) = 2',
  'ether[1] << (ether[2] & 63) = 4 or ether[1] >> (ether[2] & 63) = 1', '-ether[4] ^ ether[5:4] | 9 != 11', 'tcp[tcpflags] & tcp-syn != 0',
  'ip[ip[0]] = ip[1:2]', 'tcp[ether[3] * 16777216:4] > 7',
];

test('gives the verdicts of `bpfopt run --verdicts`', { skip: command ? false : 'BPFOPT_COMMAND is not set' }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'bpfopt-'));
  try {
    const file = join(directory, 'random.pcap');
    const capture = pcapOf(randomPackets(400, 7));
    writeFileSync(file, capture);
    const { packets } = parseCapture(capture.buffer.slice(capture.byteOffset, capture.byteOffset + capture.length));
    let accepted = 0;
    for (const filter of FILTERS) {
      for (const level of ['-O0', '-O2']) {
        const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 };
        const data = JSON.parse(execFileSync(command, ['report', level, '--json', '-o', '-', '--', filter], options));
        const expected = execFileSync(command, ['run', level, '-r', file, '--verdicts', '--', filter], options).trim().split('\n').map(Number);
        const verdicts = packets.map(({ bytes, wireLength }) => run(data.ours.instructions, { packet: bytes, wireLength }).verdict);
        assert.deepEqual(verdicts, expected, `${level} ${filter}`);
        accepted += verdicts.filter((verdict) => verdict !== 0).length;
      }
    }
    assert.ok(accepted > 100, 'the packets reach both verdicts');
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('the examples of a report are packets as they are met, one accepted and one not', { skip: command ? false : 'BPFOPT_COMMAND is not set' }, () => {
  const bytesOf = ({ hex }) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  for (const [filter, accepted, rejected] of [
    ['tcp port 80 and host 192.0.2.17', 'IP 192.0.2.17.80 > 203.0.113.9.8080: TCP', 'IP 198.51.100.7.80 > 203.0.113.9.8080: TCP'],
    ['vlan 100 and ip6 host 2001:db8::1', 'vlan 100, IP6 2001:db8::1.40312 > 2001:db8:0:2::9.8080: TCP', /^vlan 100, IP6 /],
    ['not net 198.51.100.0/24', /^IP 198\.51\.(?!100\.)|^IP \d+\.|^ARP|^IP6/, /198\.51\.100\./],
    ['udp[4:2] > 1000 or tcp[13] & 2 != 0', /TCP|UDP/, /TCP|UDP/],
  ]) {
    const data = JSON.parse(execFileSync(command, ['report', '--json', '-o', '-', '--', filter], { encoding: 'utf8', maxBuffer: 1 << 28 }));
    for (const [packet, words, isAccepted] of [[data.example, accepted, true], [data.rejected_example, rejected, false]]) {
      assert.equal(run(data.ours.instructions, { packet: bytesOf(packet), wireLength: packet.wire_length }).verdict !== 0, isAccepted, filter);
      const found = dissect(bytesOf(packet), 1);
      if (typeof words === 'string') assert.equal(found, words);
      else assert.match(found, words);
    }
  }
});

const instruction = (code, k = 0, jt = 0, jf = 0) => ({ code, jt, jf, k });
const verdict = (program, packet = [], more = {}) => run(program, { packet: Uint8Array.from(packet), ...more });

test('a load past the captured bytes ends the program with 0, the sum of X and k in 33 bits', () => {
  assert.deepEqual({ ...verdict([instruction(0x20, 1), instruction(0x06, 9)], [1, 2, 3, 4]), steps: 0 }, { verdict: 0, end: 'fault', executed: 1, steps: 0 });
  const wraps = [instruction(0x01, 0xffffffff), instruction(0x50, 2), instruction(0x16)];
  assert.equal(verdict(wraps, [5, 6]).end, 'fault');
  assert.equal(verdict(wraps, [5, 6], { target: 'linux' }).verdict, 6);
});

test('a shift by X of 32 or more is 0 for libpcap and modulo 32 for Linux', () => {
  const program = [instruction(0x00, 1), instruction(0x01, 33), instruction(0x6c), instruction(0x16)];
  assert.equal(verdict(program).verdict, 0);
  assert.equal(verdict(program, [], { target: 'linux' }).verdict, 2);
});

test('multiplication keeps 32 bits, negation and subtraction wrap', () => {
  assert.equal(verdict([instruction(0x00, 0xfffffff1), instruction(0x24, 0x89abcdef), instruction(0x16)]).verdict, Number((0xfffffff1n * 0x89abcdefn) & 0xffffffffn));
  assert.equal(verdict([instruction(0x00, 1), instruction(0x84), instruction(0x16)]).verdict, 0xffffffff);
  assert.equal(verdict([instruction(0x14, 2), instruction(0x16)]).verdict, 0xfffffffe);
});

test('division by X = 0 ends the program', () => {
  assert.equal(verdict([instruction(0x3c), instruction(0x06, 1)]).end, 'division');
  assert.equal(verdict([instruction(0x9c), instruction(0x06, 1)]).end, 'division');
});

test('a step says what was read, stored and decided', () => {
  const { steps } = verdict([instruction(0x28, 0), instruction(0x02, 3), instruction(0x61, 3), instruction(0x15, 0x102, 1, 0), instruction(0x06, 0), instruction(0x06, 7)], [1, 2]);
  assert.deepEqual(steps.map(({ pc }) => pc), [0, 1, 2, 3, 5]);
  assert.deepEqual(steps[0].read, { address: 0, width: 2 });
  assert.deepEqual(steps[1].stored, { word: 3, value: 0x102 });
  assert.equal(steps[2].x, 0x102);
  assert.equal(steps[3].taken, true);
});

test('ancillary words are named and can be given', () => {
  const program = [instruction(0x20, 0xfffff000 + 48), instruction(0x16)];
  assert.deepEqual(ancillaryWords(program, 'linux'), [48]);
  assert.deepEqual(ancillaryWords(program, 'pcap'), []);
  const outcome = verdict(program, [], { target: 'linux', ancillary: { 48: 1 } });
  assert.equal(outcome.verdict, 1);
  assert.equal(outcome.steps[0].asked, 'VLAN tag present');
});

test('what no checker takes ends the run', () => {
  assert.equal(verdict([]).end, 'malformed');
  assert.equal(verdict([instruction(0x05, 4000000000)]).end, 'malformed');
  assert.equal(verdict([instruction(0x34, 0), instruction(0x06, 1)]).end, 'malformed');
  assert.equal(verdict([instruction(0xffff)]).end, 'malformed');
});
