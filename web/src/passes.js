// The control-flow graph after each pass, and what the pass has changed.
import { graphlib, layout } from '@dagrejs/dagre';
import { h, duration, plural, s } from './dom.js';
import { compareGraphs, edgeLabels, pictureLines } from './graphs.js';

const CHARACTER = 7.25; // of the 12 px monospaced font, as wide as any system's
const LINE = 16;
const PADDING = 8;
const LONGEST_LINE = 56;
const SMALLEST = 0.85; // of what a picture is shrunk to without being asked
const ZOOM = 1.25;
const MOST_BLOCKS = 220; // laid out in the blink of an eye; beyond, the text says more than a picture

const cut = (line) => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE - 1)}…` : line);

function place(blocks) {
  const graph = new graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: 28, ranksep: 34, edgesep: 14, marginx: 12, marginy: 12 });
  blocks.forEach((block, i) => {
    const lines = pictureLines(block).map(cut);
    const width = Math.max(...lines.map((line) => line.length)) * CHARACTER + 2 * PADDING;
    graph.setNode(String(i), { lines, width, height: lines.length * LINE + 2 * PADDING - 2 });
  });
  blocks.forEach((block, i) => edgeLabels(block).forEach((label, j) => {
    const edge = block.edges[j];
    graph.setEdge(String(i), String(edge.to), { label, width: label.length * 6.7 + 6, height: label ? 14 : 0, labelpos: 'c' }, String(j));
  }));
  layout(graph);
  return graph;
}

const point = ({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`;

/** A curve through the middles of the layout's points. */
function curve(points) {
  const [first, ...rest] = points;
  let path = `M${point(first)}`;
  for (let i = 0; i + 1 < rest.length; ++i) {
    const middle = { x: (rest[i].x + rest[i + 1].x) / 2, y: (rest[i].y + rest[i + 1].y) / 2 };
    path += `Q${point(rest[i])} ${point(i + 2 === rest.length ? rest[i + 1] : middle)}`;
  }
  return rest.length === 1 ? `${path}L${point(rest[0])}` : path;
}

function draw(blocks, changed, isFresh) {
  const graph = place(blocks);
  const { width, height } = graph.graph();
  const edges = graph.edges().map((id) => {
    const { points, label, x, y } = graph.edge(id);
    return s('g', { class: 'edge' }, s('path', { d: curve(points), class: label === 'false' || label === 'else' ? 'no' : '', 'marker-end': 'url(#arrow)' }),
      label ? s('text', { x, y: y + 4, 'text-anchor': 'middle' }, label) : '');
  });
  const nodes = graph.nodes().map((id) => {
    const { x, y, width: w, height: hh, lines } = graph.node(id);
    const left = x - w / 2;
    const top = y - hh / 2;
    return s('g', { class: changed.has(Number(id)) ? 'block changed' : 'block', 'data-block': id },
      s('rect', { x: left, y: top, width: w, height: hh, rx: 4 }),
      lines.map((line, i) => s('text', { x: left + PADDING, y: top + PADDING + 10 + i * LINE, class: i === 0 ? 'name' : changed.has(Number(id)) && isFresh(blocks[id].lines[i]) ? 'fresh' : '' }, line)));
  });
  return s('svg', { width: Math.ceil(width), height: Math.ceil(height), viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`, role: 'img',
    'aria-label': `Control-flow graph of ${plural(blocks.length, 'block')}` },
    s('defs', {}, s('marker', { id: 'arrow', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto-start-reverse' },
      s('path', { d: 'M0 0L8 4L0 8z' }))),
    edges, nodes);
}

const MOST_LINES = 250; // of text: a browser takes seconds for a box of megabytes
const MOST_IN_LINE = 1000;

/** As the compiler prints it, cut where it is too much for a page. */
function shortened(text, stage) {
  const lines = text.split('\n');
  const shown = lines.slice(0, MOST_LINES).map((line) => (line.length > MOST_IN_LINE ? `${line.slice(0, MOST_IN_LINE)}… (${plural(line.length - MOST_IN_LINE, 'more character')})` : line));
  if (lines.length > MOST_LINES) shown.push(`… and ${plural(lines.length - MOST_LINES, 'more line')}: bpfopt compile --print-after=${stage} prints them.`);
  return h('pre', {}, shown.join('\n'));
}

const textOf = (blocks, stage) => shortened(blocks.map((block) => block.lines.join('\n')).join('\n'), stage);

const DESCRIPTIONS = {
  parse: 'The filter, read and written out with all of its qualifiers.',
  resolve: 'Names are looked up; from here on there are addresses and numbers alone.',
  lower: 'What the filter means, test by test, nothing optimized: the graph that the passes start from.',
  emit: 'Registers chosen, blocks laid out: the program.',
};

/** The section, and what to call once it is on the page: the picture is fitted into it. */
export function passesSection(data) {
  const shown = data.stages.map((stage, index) => ({ ...stage, index })).filter((stage) => stage.graph || stage.text);
  let previous = null;
  for (const stage of shown) {
    stage.before = previous;
    if (stage.graph) previous = stage.graph;
  }
  const slider = h('input', { type: 'range', min: 0, max: shown.length - 1, id: 'pass', 'aria-label': 'Step of the compile', oninput: () => set(Number(slider.value)) });
  const heading = h('p', { class: 'stage', role: 'status', id: 'pass-name' });
  const picture = h('div', { class: 'graph', id: 'graph', tabindex: 0, role: 'group', 'aria-label': 'The function after this step' });
  const extra = h('div', {});
  const zoomButton = (text, label, change) => h('button', { type: 'button', 'aria-label': label, onclick: () => zoom(change) }, text);
  const buttons = new Map();
  let current = 0;
  let scale = null; // of the picture; null: as large as there is room for, but large enough to be read

  function set(i) {
    current = Math.min(Math.max(i, 0), shown.length - 1);
    const stage = shown[current];
    slider.value = current;
    slider.setAttribute('aria-valuetext', stage.name);
    for (const [index, button] of buttons) button.setAttribute('aria-current', String(index === current));
    const { changed, gone, isFresh } = stage.graph && stage.before ? compareGraphs(stage.before, stage.graph) : { changed: new Set(), gone: [], isFresh: () => false };
    const counts = stage.graph ? [plural(stage.graph.length, 'block')] : [];
    if (stage.before && stage.graph) counts.push(`${changed.size} new or changed (marked), ${gone.length} gone`);
    heading.replaceChildren(h('b', {}, stage.name), ` ${current + 1} of ${shown.length}. `, DESCRIPTIONS[stage.name] ?? sentence(stage.description ?? ''), ' ',
      h('span', { class: 'note' }, [...counts, duration(stage.milliseconds)].join('; ')));
    drawStage(stage, changed, isFresh);
    extra.replaceChildren(
      stage.graph ? h('details', {}, h('summary', {}, 'The same as text'), textOf(stage.graph, stage.name)) : '',
      gone.length > 0 ? h('details', {}, h('summary', {}, `${plural(gone.length, 'block')} of before that ${gone.length === 1 ? 'is' : 'are'} gone`), textOf(gone, stage.name)) : '');
  }

  function drawStage(stage, changed, isFresh) {
    if (!stage.graph) picture.replaceChildren(shortened(stage.text, stage.name));
    else if (stage.graph.length > MOST_BLOCKS) picture.replaceChildren(h('p', { class: 'note crowd' }, `${plural(stage.graph.length, 'block')}: too many for a picture. As text:`), textOf(stage.graph, stage.name));
    else showPicture(draw(stage.graph, changed, isFresh));
  }

  // Where it does not fit, it is scrolled to where the program starts.
  function showPicture(svg) {
    picture.replaceChildren(svg);
    const { width, height } = svg.viewBox.baseVal;
    const room = picture.clientWidth;
    const factor = scale ?? Math.max(Math.min(1, room / width), SMALLEST);
    svg.setAttribute('width', Math.floor(width * factor));
    svg.setAttribute('height', Math.ceil(height * factor));
    const entry = svg.querySelector('[data-block="0"] rect');
    picture.scrollTop = 0;
    picture.scrollLeft = entry ? (Number(entry.getAttribute('x')) + Number(entry.getAttribute('width')) / 2) * factor - room / 2 : 0;
  }

  /** By a factor, or to the width of the page where there is none. */
  function zoom(change) {
    const svg = picture.querySelector('svg');
    if (!svg) return;
    const { width } = svg.viewBox.baseVal;
    scale = change === null ? Math.min(1, picture.clientWidth / width) : Math.min(Math.max(svg.clientWidth / width * change, 0.1), 4);
    showPicture(svg);
  }

  const items = data.stages.map((stage, index) => {
    const position = shown.findIndex((each) => each.index === index);
    if (position < 0) return h('li', {}, stage.name, stage.changed ? '' : ' (changed nothing)');
    const button = h('button', { type: 'button', onclick: () => set(position) }, stage.name);
    buttons.set(position, button);
    return h('li', {}, button);
  });

  const firstPass = shown.findIndex((stage) => stage.name === 'lower');
  const chosen = data.candidates.find((candidate) => candidate.outcome.startsWith('chosen'))?.name;
  const section = h(
    'section',
    { 'aria-labelledby': 'passes' },
    h('h2', { id: 'passes' }, 'How it came about'),
    h('p', { class: 'lead' }, 'The filter becomes a graph of tests, and one pass after another rewrites it. Move the slider through them; ',
      'blocks that a pass made or changed are green, and what is new in them is bold. The last step has the program. '),
    h('p', { class: 'note' }, 'In the blocks, ', h('code', {}, 'ldh[12]'), ' is the half-word at byte 12 of the packet (', h('code', {}, 'ldb'), ' a byte, ', h('code', {}, 'ld'), ' a word), and ', h('code', {}, 'need [12]:2'),
      ' ends the program, rejecting, where fewer bytes were captured than those two, as a load does in BPF. ', h('code', {}, 'b4(%0)'), ' is a block that is given a value, ', h('code', {}, '%0'), ', by whoever goes there.'),
    h('div', { class: 'controls' },
      h('button', { type: 'button', 'aria-label': 'Previous step of the compile', onclick: () => set(current - 1) }, '‹'),
      slider,
      h('button', { type: 'button', 'aria-label': 'Next step of the compile', onclick: () => set(current + 1) }, '›'),
      h('span', { class: 'zoom' }, zoomButton('−', 'Smaller picture', 1 / ZOOM), zoomButton('+', 'Larger picture', ZOOM), zoomButton('Fit', 'Fit the picture to the width', null))),
    chosen && chosen !== (['naive', 'no-solver'][data.options.level] ?? 'full') ? h('p', { class: 'note' }, 'These are the steps of the main way to compile. The program chosen was made another way, ', h('code', {}, chosen), ', that came out better: see the programs considered, below.') : '',
    heading,
    picture,
    extra,
    h('details', {}, h('summary', {}, `All ${data.stages.length} steps in their order`), h('ol', { class: 'stages' }, items)),
  );
  return { section, start: () => set(Math.max(firstPass, 0)) };
}

function sentence(text) {
  return text === '' ? '' : `${text[0].toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
}
