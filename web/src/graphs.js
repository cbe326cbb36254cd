// What a pass has changed: blocks of one graph that have no twin in the graph before.

/** A block's lines without the names that numbering gives it and its targets. */
export function bodyOf(block) {
  return block.lines
    .map((line, i) => (i === 0 ? line.replace(/^b\d+/, '') : line.replace(/\bb\d+\b/g, 'b')))
    .join('\n');
}

/**
 * Compares two graphs ([{lines, edges}]) block by block.
 * @returns {{changed: Set<number>, gone: object[]}} indices of `after`, blocks of `before`
 */
export function compareGraphs(before, after) {
  const twins = new Map();
  for (const block of before) {
    const body = bodyOf(block);
    twins.set(body, [...(twins.get(body) ?? []), block]);
  }
  const changed = new Set();
  after.forEach((block, i) => {
    if (twins.get(bodyOf(block))?.shift() === undefined) changed.add(i);
  });
  return { changed, gone: [...twins.values()].flat() };
}
