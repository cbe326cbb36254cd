// Two programs side by side: rows that pair instructions which do the same, by the least-cost alignment.

/** "(003) jeq      #0x800           jt 5 jf 2" -> {mnemonic, operand, jt, jf}. */
export function parseLine(text) {
  const match = text.match(/^\(\d+\)\s+(\S+)\s*(.*?)\s*(?:jt (\d+)\s+jf (\d+))?$/);
  if (!match) return { mnemonic: text, operand: '', jt: null, jf: null };
  const [, mnemonic, operand, jt, jf] = match;
  return { mnemonic, operand, jt: jt === undefined ? null : Number(jt), jf: jf === undefined ? null : Number(jf) };
}

const isReturn = ({ code }) => (code & 0x07) === 0x06;

/** How well two instructions go beside one another; above 0 where that is better than a row for each. */
export function similarity(a, b) {
  if (isReturn(a) !== isReturn(b)) return -1;
  if (a.code === b.code && a.k === b.k) return 4;
  if ((a.code & 0x07) !== (b.code & 0x07)) return -1;
  const parts = a.parts.some((part) => b.parts.includes(part)) ? 0.5 : 0;
  return (a.code === b.code ? 0.5 : 0.1) + parts;
}

const MOST_CELLS = 1 << 20; // of one table of costs

/** Rows [i, j] of indices into `left` and `right`; null where one of them has a gap. */
export function align(left, right) {
  const rows = [];
  let from = [0, 0];
  for (const to of [...anchors(left, right), [left.length, right.length]]) {
    const between = alignSlices(left.slice(from[0], to[0]), right.slice(from[1], to[1]));
    for (const [i, j] of between) rows.push([i === null ? null : i + from[0], j === null ? null : j + from[1]]);
    from = to;
  }
  return rows;
}

/**
 * Pairs of instructions that each occur once in either program, in an order that suits both: what lies between two of
 * them can be aligned by itself. Only programs too large to be aligned in one piece need any.
 */
function anchors(left, right) {
  if (left.length * right.length <= MOST_CELLS) return [];
  const only = new Map();
  const count = (program, side) => program.forEach(({ code, k }, i) => {
    const name = `${code} ${k}`;
    const places = only.get(name) ?? only.set(name, [[], []]).get(name);
    places[side].push(i);
  });
  count(left, 0);
  count(right, 1);
  const pairs = [...only.values()].filter(([a, b]) => a.length === 1 && b.length === 1).map(([[i], [j]]) => [i, j]);
  return longestIncreasing(pairs);
}

/** The longest choice of the pairs, ascending by the first, that ascends by the second too. */
function longestIncreasing(pairs) {
  const ends = []; // of the best choice of each length: the index of its last pair
  const before = new Array(pairs.length).fill(-1);
  pairs.forEach(([, value], i) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pairs[ends[middle]][1] < value) low = middle + 1;
      else high = middle;
    }
    before[i] = low > 0 ? ends[low - 1] : -1;
    ends[low] = i;
  });
  const chosen = [];
  for (let i = ends.at(-1) ?? -1; i >= 0; i = before[i]) chosen.push(pairs[i]);
  return chosen.reverse();
}

/** By the least cost; one below the other where the table of costs would be too large. */
function alignSlices(left, right) {
  if (left.length * right.length > MOST_CELLS) return [...left.map((_, i) => [i, null]), ...right.map((_, j) => [null, j])];
  const width = right.length + 1;
  const best = new Float64Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; --i) {
    for (let j = right.length - 1; j >= 0; --j) {
      best[i * width + j] = Math.max(
        best[(i + 1) * width + j + 1] + similarity(left[i], right[j]),
        best[(i + 1) * width + j],
        best[i * width + j + 1],
      );
    }
  }
  const rows = [];
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const here = best[i * width + j];
    if (here === best[(i + 1) * width + j + 1] + similarity(left[i], right[j])) rows.push([i++, j++]);
    else if (here === best[(i + 1) * width + j]) rows.push([i++, null]);
    else rows.push([null, j++]);
  }
  while (i < left.length) rows.push([i++, null]);
  while (j < right.length) rows.push([null, j++]);
  return rows;
}
