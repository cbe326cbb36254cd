// Exponents of growth.
import assert from 'node:assert/strict';
import test from 'node:test';
import { exponent, pointsOf } from '../../web/src/scaling.js';

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
test('leaves out what was not measured', () => {
  const series = { points: [{ entries: 8, ours: { instructions: 3 }, libpcap: null }, { entries: 16, ours: { instructions: 5 }, libpcap: null }] };
  assert.deepEqual(pointsOf(series, 'ours', 'instructions'), [[8, 3], [16, 5]]);
  assert.deepEqual(pointsOf(series, 'libpcap', 'instructions'), []);
});
