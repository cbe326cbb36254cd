// Filters of many entries: how size, time and executed instructions grow with their number.
import { duration, h } from './dom.js';
import { exponent, pointsOf, seriesOf } from './growth.js';
import { figure } from './plots.js';
import { number } from './tables.js';

const KERNEL_LIMIT = 4096;
const EVERY = 'every';
const COLOURS = 8;
const FEW = 3; // kinds that one plot shows well

const theirs = (row) => (typeof row.libpcap === 'object' ? row.libpcap : undefined);

/** What is measured: [of ours], [of libpcap's], each with its name, and how a value is shown. */
const MEASURES = {
  instructions: { title: 'Instructions', unit: 'instructions', ours: { bpfopt: (row) => row.instructions }, theirs: (row) => theirs(row)?.instructions, show: number, level: KERNEL_LIMIT },
  time: {
    title: 'Time to compile', unit: 'milliseconds', ours: { 'bpfopt with proof': (row) => row.milliseconds_proof, 'bpfopt -O1': (row) => row.milliseconds_O1 },
    theirs: (row) => theirs(row)?.milliseconds, show: duration,
  },
  executed: { title: 'Executed for a packet that matches none', unit: 'instructions', ours: { bpfopt: (row) => row.executed }, theirs: (row) => theirs(row)?.executed, show: number },
  memory: { title: 'Memory of the compiler', unit: 'megabytes', ours: { bpfopt: (row) => row.megabytes }, theirs: () => undefined, show: (value) => `${value.toFixed(0)} MB` },
};

/** The curves of one kind, or of all plain ones: then only the first measure of ours, for there are many. */
function curvesOf(measure, chosen) {
  const isOne = chosen.length === 1;
  return chosen.flatMap(({ name, rows }, i) => {
    const suffix = isOne ? '' : `, ${name}`;
    const ours = Object.entries(measure.ours).slice(0, isOne ? 2 : 1);
    return [
      ...ours.map(([who, get], j) => ({ label: `${who}${suffix}`, colour: `s${isOne ? 2 * j : i % COLOURS}`, line: true, points: pointsOf(rows, get) })),
      { label: `libpcap${suffix}`, colour: `s${isOne ? 1 : i % COLOURS}`, line: true, dash: [5, 5], marker: 'theirs', points: pointsOf(rows, measure.theirs) },
    ].filter(({ points }) => points.length > 0);
  });
}

function setsFigure(measure, chosen) {
  const curves = curvesOf(measure, chosen);
  if (curves.length === 0) return '';
  const largest = Math.max(...curves.flatMap(({ points }) => points.map(([, value]) => value)));
  return figure(curves, {
    title: `${measure.title}.`, x: 'entries in the filter', y: measure.unit, log: true,
    level: measure.level !== undefined && largest > measure.level / 4 ? measure.level : undefined,
    subtitle: growthText(measure, chosen),
    keys: chosen.length === 1 ? undefined : [...chosen.map(({ name }, i) => ({ label: name, colour: `s${i % COLOURS}` })), ...(curves.some(({ dash }) => dash) ? [{ label: 'dotted: libpcap', colour: 'ink', marker: 'theirs' }] : [])],
    describe: (entries, values) => [`${number(entries)} entries: `, values.map(({ label, value }) => `${label} ${measure.show(value)}`).join('; ')],
  });
}

/** Of one kind: the exponents, where there are points enough. */
function growthText(measure, chosen) {
  if (chosen.length !== 1) return '';
  const grows = curvesOf(measure, chosen).map(({ label, points }) => [label, exponent(points)]).filter(([, power]) => power !== null);
  return grows.map(([label, power]) => (Math.abs(power) < 0.05 ? `${label} hardly grows` : `${label} grows like n^${power.toFixed(2)}`)).join(', ');
}

function setsTable(all) {
  const headings = ['entries', 'instructions', "libpcap's", 'executed', "libpcap's", '-O1', 'with proof', "libpcap's time", 'memory'];
  const cells = (row) => [
    row.error ? h('span', { class: 'bad' }, row.error) : h('span', { class: row.instructions > KERNEL_LIMIT ? 'bad' : '' }, number(row.instructions)),
    h('span', { class: theirs(row)?.instructions > KERNEL_LIMIT ? 'bad' : '' }, row.libpcap === 'over time' ? 'over time' : number(theirs(row)?.instructions) || '—'),
    row.executed === undefined ? '' : row.executed.toFixed(1), theirs(row)?.executed?.toFixed(1) ?? '—',
    row.milliseconds_O1 === undefined ? '' : duration(row.milliseconds_O1), row.milliseconds_proof === undefined ? '' : duration(row.milliseconds_proof),
    theirs(row) ? duration(theirs(row).milliseconds) : '—', row.megabytes === undefined ? '' : `${row.megabytes.toFixed(0)} MB`,
  ];
  const growth = ({ rows }) => {
    const powers = [MEASURES.instructions.ours.bpfopt, MEASURES.instructions.theirs, MEASURES.executed.ours.bpfopt, MEASURES.executed.theirs,
      MEASURES.time.ours['bpfopt -O1'], MEASURES.time.ours['bpfopt with proof'], MEASURES.time.theirs, MEASURES.memory.ours.bpfopt].map((get) => exponent(pointsOf(rows, get)));
    if (powers.every((power) => power === null)) return '';
    return h('tr', { class: 'total' }, h('td', {}, 'grows like'), powers.map((power) => h('td', { class: 'n' }, power === null ? '—' : `n^${power.toFixed(2)}`)));
  };
  return h('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Figures of large filters' }, h('table', { id: 'set-figures' },
    h('thead', {}, h('tr', {}, headings.map((name, i) => h('th', { class: i > 0 ? 'n' : '', scope: 'col' }, name)))),
    all.map((series) => h('tbody', {},
      h('tr', {}, h('th', { colspan: headings.length, scope: 'rowgroup', class: 'group' }, series.name)),
      series.rows.map((row) => h('tr', {}, h('td', {}, number(row.entries)), cells(row).map((cell) => h('td', { class: 'n' }, cell)))),
      growth(series)))));
}

function kernelText({ entries, ours, libpcap, ratio, first_quartile: low, third_quartile: high }) {
  const spread = low === undefined ? '' : ` (half of the runs between ${low.toFixed(2)} and ${high.toFixed(2)})`;
  return h('p', {}, `In the running kernel, packets that ${number(entries)} random hosts reject: ours lets ${number(Math.round(ours))} a second by, libpcap's ${number(Math.round(libpcap))}; ours is ${ratio.toFixed(2)} times as fast${spread}.`);
}

export function setsSection({ rows, kernel }, redraw) {
  const all = seriesOf(rows);
  const plain = all.filter(({ isPlain }) => isPlain);
  const each = all.map(({ name }) => [name, name]);
  const every = plain.length > 1 ? [[EVERY, 'every kind']] : [];
  const choices = plain.length > FEW ? [...each, ...every] : [...every, ...each]; // what is chosen first
  const kind = h('select', { id: 'kind', onchange: () => draw(true) }, choices.map(([value, text]) => h('option', { value }, text)));
  const figures = h('div', { class: 'pair' });
  const draw = (isShown) => {
    const chosen = kind.value === EVERY ? plain : all.filter(({ name }) => name === kind.value);
    figures.replaceChildren(...Object.values(MEASURES).map((measure) => setsFigure(measure, chosen)));
    if (isShown) redraw();
  };
  draw(false);
  return h('section', { 'aria-labelledby': 'sets' },
    h('h2', { id: 'sets' }, 'Filters that name many things'),
    h('p', { class: 'lead' }, `Random hosts, networks, ports joined by or; clustered ones lie in neighbourhoods. Linux takes programs of at most ${number(KERNEL_LIMIT)} instructions; larger ones are red in the table, and the line in the plot. `,
      '"With proof" is a whole compile, -O1 a quick one whose program is not proven. Where a curve of libpcap ends, a larger filter took it longer than it was given.'),
    h('div', { class: 'controls' }, h('label', { class: 'field' }, 'Kind of entries', kind)),
    figures,
    kernel ? kernelText(kernel) : '',
    h('details', {}, h('summary', {}, 'The figures, and how they grow'), setsTable(all)));
}
