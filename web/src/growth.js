// How figures of large filters grow with their entries: the rows by kind, and the exponents of their growth.

/**
 * The exponent b of the best y = a * x^b through the larger half of the points, by least squares on logarithms;
 * null with less than three points.
 */
export function exponent(points) {
  const positive = points.filter(([x, y]) => x > 0 && y > 0);
  const used = positive.slice(Math.min(Math.floor(positive.length / 2), Math.max(0, positive.length - 3)));
  if (used.length < 3) return null;
  const logs = used.map(([x, y]) => [Math.log(x), Math.log(y)]);
  const mean = (i) => logs.reduce((sum, point) => sum + point[i], 0) / logs.length;
  const [mx, my] = [mean(0), mean(1)];
  const above = logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0);
  const below = logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
  return below === 0 ? null : above / below;
}

const nameOf = ({ kind, negated, clustered }) => `${negated ? 'not ' : ''}${kind}${clustered ? ', clustered' : ''}`;

/** Rows by kind, [{name, isPlain, rows}], each from the smallest on. */
export function seriesOf(rows) {
  const all = new Map();
  for (const row of rows) {
    const name = nameOf(row);
    if (!all.has(name)) all.set(name, { name, isPlain: !row.negated && !row.clustered, rows: [] });
    all.get(name).rows.push(row);
  }
  for (const { rows: each } of all.values()) each.sort((a, b) => a.entries - b.entries);
  return [...all.values()];
}

/** [[entries, value]] of those rows that have one. */
export const pointsOf = (rows, get) => rows.map((row) => [row.entries, get(row)]).filter(([, value]) => value > 0);
