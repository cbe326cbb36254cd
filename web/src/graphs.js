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

/** A line without the names of blocks, which numbering changes. */
const wordsOf = (line) => line.replace(/\bb\d+\b/g, 'b').trim();

/**
 * Compares two graphs ([{lines, edges}]) block by block. A block has changed that says something new, or that
 * leads to another block than its twin did.
 * @returns {{changed: Set<number>, gone: object[], isFresh: function(string): boolean}} indices of `after`, blocks of
 *   `before`, and whether a line of a changed block stood in none of the blocks that are gone
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
  const gone = before.filter((_, i) => !kept.has(i));
  const said = new Set(gone.flatMap((block) => block.lines.slice(1).map(wordsOf)));
  return { changed, gone, isFresh: (line) => !said.has(wordsOf(line)) };
}

/**
 * A block's lines for the picture: the edges say where a test leads, so the line need not; and the length of the IP
 * header is written as tcpdump does.
 */
export function pictureLines(block) {
  const lines = block.lines.map((line) => line
    .replace(/\(ldb\[(\d+)\] & 0xf\) << 0x2\b/g, '4*([$1]&0xf)')
    .replace(/\(4\*\(\[(\d+)\]&0xf\)\)/g, '4*([$1]&0xf)')
    .replace(/^(\s+if .*) then b\d+ else b\d+$/, '$1')
    .replace(/^(\s+switch .*?) \{.*-> b\d+ \}$/, '$1'));
  return lines.length > 2 && /^\s+jump b\d+$/.test(lines.at(-1)) ? lines.slice(0, -1) : lines;
}

/** What is written at a block's edges: the outcome of its test, the values of a switch's arm, or 'else' at the largest. */
export function edgeLabels({ edges }) {
  const arms = edges.map(({ label }) => label.split('\n'));
  const isSwitch = edges.length > 1 && !edges.some(({ label }) => label === 'true' || label === 'false');
  const largest = Math.max(...arms.map((arm) => arm.length));
  const other = isSwitch ? arms.findLastIndex((arm) => arm.length === largest) : -1;
  return arms.map((arm, i) => (i === other ? 'else' : arm.length > 3 ? `${arm[0]}, +${arm.length - 1}` : arm.join(', ')));
}
