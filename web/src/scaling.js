// Large filters: how size and time grow with the number of entries.

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

/** [[entries, value]] of one compiler: who is 'ours' or 'libpcap', what 'instructions' or 'milliseconds'. */
export function pointsOf(series, who, what) {
  return series.points.filter((point) => point[who]).map((point) => [point.entries, point[who][what]]);
}
