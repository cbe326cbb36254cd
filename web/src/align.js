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

/** Rows [i, j] of indices into `left` and `right`; null where one of them has a gap. */
export function align(left, right) {
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
