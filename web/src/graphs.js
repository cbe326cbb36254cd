// What a pass has changed: blocks of one graph that have no twin in the graph before.

/** A block's lines without the names that numbering gives it and its targets. */
export function bodyOf(block) {
  return block.lines
    .map((line, i) => (i === 0 ? line.replace(/^b\d+/, '') : line.replace(/\bb\d+\b/g, 'b')))
    .join('\n');
}

/** Pairs each block of `after` with one of `before` that says the same: arrays of indices, or -1. */
function twinsOf(before, after) {
  const byBody = new Map();
  before.forEach((block, i) => {
    const body = bodyOf(block);
    if (!byBody.has(body)) byBody.set(body, []);
    byBody.get(body).push(i);
  });
  return after.map((block) => byBody.get(bodyOf(block))?.shift() ?? -1);
}

/**
 * Compares two graphs ([{lines, edges}]) block by block. A block has changed that says something new, or that
 * leads to another block than its twin did.
 * @returns {{changed: Set<number>, gone: object[]}} indices of `after`, blocks of `before`
 */
export function compareGraphs(before, after) {
  const twins = twinsOf(before, after);
  const place = new Map(twins.map((twin, i) => [twin, i]));
  const changed = new Set();
  after.forEach((block, i) => {
    const twin = before[twins[i]];
    const leadsElsewhere = twin?.edges.some((edge, j) => place.has(edge.to) && place.get(edge.to) !== block.edges[j]?.to);
    if (!twin || leadsElsewhere) changed.add(i);
  });
  const kept = new Set(twins);
  return { changed, gone: before.filter((_, i) => !kept.has(i)) };
}
