// Alignment of programs and comparison of graphs.
import assert from 'node:assert/strict';
import test from 'node:test';
import { align, parseLine } from '../../web/src/align.js';
import { compareGraphs, edgeLabels, pictureLines } from '../../web/src/graphs.js';

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

test('programs too large for one table are aligned between what only they have', () => {
  const left = Array.from({ length: 2500 }, (_, i) => instruction(0x15, i));
  const right = left.filter((_, i) => i % 3 !== 0).flatMap((each) => [each, instruction(0x05, 7)]);
  const rows = align(left, right);
  assert.equal(rows.filter(([i, j]) => i !== null && j !== null && left[i].k === right[j].k).length, right.length / 2);
  assert.deepEqual(rows.map(([i]) => i).filter((i) => i !== null), left.map((_, i) => i));
  assert.deepEqual(rows.map(([, j]) => j).filter((j) => j !== null), right.map((_, j) => j));
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

test('of a changed block the lines are fresh that no block of before had', () => {
  const before = [block(['b0:', '  need [12]:2', '  if ldh[12] == 0x800 then b1 else b1'], 1, 1), block(['b1:', '  return 0x0'])];
  const after = [block(['b0:', '  need [12]:2', '  jump b1'], 1), block(['b1:', '  return 0x0'])];
  const { changed, isFresh } = compareGraphs(before, after);
  assert.deepEqual([...changed], [0]);
  assert.deepEqual(after[0].lines.slice(1).map(isFresh), [false, true]);
});

test('the picture leaves out what its edges say', () => {
  const lines = (...text) => pictureLines({ lines: ['b0:', ...text] }).slice(1);
  assert.deepEqual(lines('  if ldh[((ldb[14] & 0xf) << 0x2) + 14] == 0x50 then b1 else b2'), ['  if ldh[4*([14]&0xf) + 14] == 0x50']);
  assert.deepEqual(lines('  if len > 0x9 then b1(0x28) else b2'), ['  if len > 0x9 then b1(0x28) else b2']);
  assert.deepEqual(lines('  switch ldb[23] { 0x6 -> b1; 0x11 -> b2; else -> b3 }'), ['  switch ldb[23]']);
  assert.deepEqual(lines('  need [12]:2', '  jump b1'), ['  need [12]:2']);
  assert.deepEqual(lines('  jump b1'), ['  jump b1']);
});

test('the largest arm of a switch is called else', () => {
  const edges = (...labels) => edgeLabels({ edges: labels.map((label) => ({ label })) });
  assert.deepEqual(edges('true', 'false'), ['true', 'false']);
  assert.deepEqual(edges(''), ['']);
  assert.deepEqual(edges('0x0..0x5\n0x7..0xff', '0x6'), ['else', '0x6']);
  assert.deepEqual(edges('0x1\n0x2\n0x3\n0x4', '0x0\n0x5\n0x7\n0x9\n0xb'), ['0x1, +3', 'else']);
});
