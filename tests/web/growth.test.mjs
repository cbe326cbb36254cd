// Growth of large filters.
import assert from 'node:assert/strict';
import test from 'node:test';
import { exponent, pointsOf, seriesOf } from '../../web/src/growth.js';

for (const power of [0.5, 1, 2, 3]) {
  test(`finds n^${power}`, () => {
    const found = exponent([8, 16, 32, 64, 128].map((n) => [n, 5 * n ** power]));
    assert.ok(Math.abs(found - power) < 1e-9, String(found));
  });
}
test('looks at the larger half', () => {
  const found = exponent([[1, 1000], [2, 1000], [4, 1000], [64, 64], [128, 128], [256, 256]]);
  assert.ok(Math.abs(found - 1) < 1e-9, String(found));
});
test('says nothing of two points', () => assert.equal(exponent([[1, 1], [2, 2]]), null));
test('rows are told by kind, from the smallest on, without what was not measured', () => {
  const row = (kind, entries, instructions, more = {}) => ({ kind, entries, negated: false, clustered: false, instructions, ...more });
  const rows = [row('hosts', 100, 200, { libpcap: 'over time' }), row('hosts', 10, 30, { libpcap: { instructions: 40 } }), row('hosts', 10, 31, { negated: true }), row('nets', 10, 20, { clustered: true })];
  const all = seriesOf(rows);
  assert.deepEqual(all.map(({ name, isPlain }) => [name, isPlain]), [['hosts', true], ['not hosts', false], ['nets, clustered', false]]);
  assert.deepEqual(pointsOf(all[0].rows, (each) => each.instructions), [[10, 30], [100, 200]]);
  assert.deepEqual(pointsOf(all[0].rows, (each) => each.libpcap.instructions), [[10, 40]]);
});
