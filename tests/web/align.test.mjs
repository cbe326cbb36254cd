// Alignment of programs and comparison of graphs.
import assert from 'node:assert/strict';
import test from 'node:test';
import { align, parseLine } from '../../web/src/align.js';
import { compareGraphs } from '../../web/src/graphs.js';

const instruction = (code, k, parts = []) => ({ code, k, jt: 0, jf: 0, parts });

test('equal instructions stand beside one another, others get rows of their own', () => {
  const left = [instruction(0x28, 12), instruction(0x15, 0x800), instruction(0x06, 1), instruction(0x06, 0)];
  const right = [instruction(0x28, 12), instruction(0x15, 0x86dd), instruction(0x15, 0x800), instruction(0x06, 1), instruction(0x06, 0)];
  assert.deepEqual(align(left, right), [[0, 0], [null, 1], [1, 2], [2, 3], [3, 4]]);
});

test('every instruction has one row, in order, whatever the programs', () => {
  for (let seed = 1; seed < 200; ++seed) {
    const random = (n) => Math.abs(Math.floor(Math.sin(seed * 12.9898 + n * 78.233) * 43758.5453)) % 7;
    const make = (size, salt) => Array.from({ length: size }, (_, i) => instruction([0x28, 0x15, 0x06, 0x20, 0x45, 0x04, 0x61][random(i + salt)], random(2 * i + salt) % 2));
    const left = make(seed % 9, 1);
    const right = make(seed % 13, 50);
    const rows = align(left, right);
    assert.deepEqual(rows.map(([i]) => i).filter((i) => i !== null), left.map((_, i) => i));
    assert.deepEqual(rows.map(([, j]) => j).filter((j) => j !== null), right.map((_, j) => j));
    assert.ok(rows.every(([i, j]) => i !== null || j !== null));
  }
});

test('a return never stands beside a test', () => {
  assert.deepEqual(align([instruction(0x06, 0)], [instruction(0x15, 0)]).filter(([i, j]) => i !== null && j !== null), []);
});

test('a line of tcpdump -d is taken apart', () => {
  assert.deepEqual(parseLine('(003) jeq      #0x800           jt 5 jf 2'), { mnemonic: 'jeq', operand: '#0x800', jt: 5, jf: 2 });
  assert.deepEqual(parseLine('(1004) ldxb     4*([14]&0xf)'), { mnemonic: 'ldxb', operand: '4*([14]&0xf)', jt: null, jf: null });
  assert.deepEqual(parseLine('(000) tax'), { mnemonic: 'tax', operand: '', jt: null, jf: null });
});

const block = (lines, ...targets) => ({ lines, edges: targets.map((to) => ({ to, label: '' })) });

test('a block that another numbering renames has not changed', () => {
  const before = [block(['b0:', '  jump b1'], 1), block(['b1:', '  jump b2'], 2), block(['b2:', '  return 0x0'])];
  const after = [block(['b0:', '  if x then b1 else b1'], 1, 1), block(['b1:', '  return 0x0'])];
  const { changed, gone } = compareGraphs(before, after);
  assert.deepEqual([...changed], [0]);
  assert.deepEqual(gone, [before[0], before[1]]);
});

test('a block that leads elsewhere has changed', () => {
  const leaves = [block(['b1:', '  return 0x1']), block(['b2:', '  return 0x0'])];
  const before = [block(['b0:', '  if x then b1 else b2'], 1, 2), ...leaves];
  const after = [block(['b0:', '  if x then b2 else b1'], 2, 1), ...leaves];
  assert.deepEqual([...compareGraphs(before, after).changed], [0]);
  assert.deepEqual([...compareGraphs(before, before).changed], []);
});
