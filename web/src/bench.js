// The page of `bpfopt-bench --html`.
import { h, pageData, plural, themeButton } from './dom.js';
import { ablationSection, levelsSection, otherSection, peersSection, ratesSection, seccompSection, timesSection } from './measures.js';
import { figure, redraw } from './plots.js';
import { setsSection } from './sets.js';
import { rowsTable } from './table.js';

const CORPORA = {
  'common.txt': 'what tutorials and manual pages show',
  'everyday.txt': 'what people type and scripts generate',
  'link-types.txt': 'over other link types than Ethernet',
  'redundant.txt': 'with something said twice',
  'libpcap-bugs.txt': "that libpcap's optimizer gets or got wrong",
};

/** Measurements of executed instructions: [member of the data, heading of a column, in words]. */
const EXECUTED = [
  ['executed', 'executed', 'generated traffic'], ['executed_speed', 'for speed', 'generated traffic, compiled for speed'],
  ['captures', 'captures', 'packets of captures'], ['captures_speed', 'captures, for speed', 'packets of captures, compiled for speed'],
];

const corpusName = (file) => file.replace(/\.txt$/, '');
const percent = (ratio) => `${ratio <= 1 ? '−' : '+'}${Math.abs(100 * (ratio - 1)).toFixed(0)} %`;

const figureOf = (name, value, note, kind = '') => h('div', {}, h('dt', {}, name), h('dd', { class: kind }, value, h('small', {}, note)));

function figures(data, rows) {
  const compared = rows.filter((row) => row.status === 'compared');
  const unproven = rows.filter((row) => row.proven === false).length;
  const wrong = rows.filter((row) => row.status === 'tcpdump-wrong').length;
  const { environment: machine, comparison, executed, rates } = data;
  return h('dl', { class: 'figures' },
    comparison?.geometric_mean.all ? figureOf('Instructions', percent(comparison.geometric_mean.all), `geometric mean over ${plural(compared.length, 'filter')}`) : '',
    executed?.geometric_mean.all ? figureOf('Executed for a packet', percent(executed.geometric_mean.all), `mean over ${plural(executed.packets, 'packet')}, ${plural(executed.rows.length, 'filter')}`) : '',
    rates?.rows.length > 0 ? figureOf('Time per packet', percent(rates.interpreter), `in libpcap's interpreter, ${plural(rates.rows.length, 'filter')}`) : '',
    comparison ? [
      figureOf('Proven', unproven === 0 ? 'All' : `All but ${unproven}`, `${machine.relation}, of ${plural(rows.length, 'filter')}`, unproven === 0 ? 'good' : 'bad'),
      figureOf("Larger than libpcap's", compared.filter((row) => row.ours > row.tcpdump).length, 'filters'),
      figureOf('libpcap is wrong', wrong, `${wrong === 1 ? 'filter' : 'filters'}, each shown by a packet`),
    ] : '');
}

function header(data, rows) {
  const { environment: machine } = data;
  return h('header', { class: 'page' },
    h('div', { class: 'brand' }, h('span', {}, h('b', {}, 'bpfopt'), ' bench'), h('nav', { 'aria-label': 'Sections' }), themeButton(redraw)),
    h('h1', {}, 'tcpdump filters, compiled twice'),
    h('p', { class: 'lead' }, 'A filter such as ', h('code', {}, 'tcp port 80'), ' becomes a small BPF program; ', h('code', {}, 'tcpdump -d'), ' prints it. libpcap makes it for tcpdump. ',
      'bpfopt makes a smaller one, and proves that it is the same filter. This page compares the two, filter by filter, on one machine in one run.'),
    figures(data, rows),
    h('p', { class: 'note' }, `bpfopt ${machine.bpfopt} at -O${machine.level}, objective ${machine.objective}, ${machine.relation}; ${machine.libpcap}${machine.libpcap_file ? ` (${machine.libpcap_file})` : ''}; ${machine.tcpdump}. ${machine.date}, ${machine.processor}, ${plural(machine.threads, 'thread')}, ${machine.memory}, ${machine.kernel}; ${machine.compiler}.`));
}

/** Series by corpus of rows sorted by ratio. */
function sortedSeries(rows) {
  const sorted = [...rows].sort((a, b) => a.ratio - b.ratio);
  const files = Object.keys(CORPORA);
  for (const row of rows) if (!files.includes(row.file)) files.push(row.file);
  const series = files.map((file, i) => ({ file, colour: `s${i % 6}` })).filter(({ file }) => rows.some((row) => row.file === file)).map(({ file, colour }) => ({
    label: corpusName(file), colour, points: sorted.map((row, rank) => [rank + 1, row]).filter(([, row]) => row.file === file).map(([rank, row]) => [rank, row.ratio]),
  }));
  return { sorted, series };
}

function ratioFigure(rows, title, unit) {
  const { sorted, series } = sortedSeries(rows);
  const smaller = rows.filter((row) => row.ratio < 1).length;
  return figure(series, {
    title, x: 'filters, the best first', y: "ours / libpcap's", level: 1,
    subtitle: `${smaller} of ${rows.length} below libpcap's; the line is where both are equal.`,
    describe: (rank) => {
      const row = sorted[rank - 1];
      return [h('code', {}, row.filter), ` ${row.ratio.toFixed(3)}: ${row.ours} ${unit}, libpcap ${row.tcpdump}`];
    },
  });
}

function corporaTable(data, rows) {
  const { comparison, strict } = data;
  const files = Object.keys(comparison.to_bound).filter((file) => file !== 'all');
  const counted = (file) => rows.filter((row) => row.status === 'compared' && (file === 'all' || row.file === file)).length;
  const columns = [
    ['compared', counted],
    ['instructions', (file) => comparison.geometric_mean[file]?.toFixed(3)],
    ...(strict ? [['strict', (file) => strict.geometric_mean[file]?.toFixed(3)]] : []),
    ...EXECUTED.filter(([member]) => data[member]).map(([member, name]) => [name, (file) => data[member].geometric_mean[file]?.toFixed(3)]),
    ['to the bound', (file) => comparison.to_bound[file]?.geometric_mean.toFixed(2)],
    ['at the bound', (file) => (comparison.to_bound[file] ? `${comparison.to_bound[file].met} of ${comparison.to_bound[file].rows}` : '')],
  ];
  const line = (file, name, kind = '') => h('tr', { class: kind },
    h('th', { scope: 'row' }, name), h('td', { class: 'about' }, CORPORA[file] ?? ''), columns.map(([, get]) => h('td', { class: 'n' }, get(file) ?? '')));
  return h('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Means by corpus' }, h('table', { id: 'means' },
    h('thead', {}, h('tr', {}, h('th', {}, 'corpus'), h('th', { class: 'about' }, 'filters'), columns.map(([name]) => h('th', { class: 'n' }, name)))),
    h('tbody', {}, files.map((file) => line(file, corpusName(file))), line('all', 'all', 'total'))));
}

function sizeSection(data, rows) {
  if (!data.comparison) return '';
  return h('section', { 'aria-labelledby': 'size' },
    h('h2', { id: 'size' }, 'How small'),
    h('p', { class: 'lead' }, "Our program's instructions divided by those of ", h('code', {}, 'tcpdump -ddd'), '. 0.80 is a fifth smaller. Counted are filters that libpcap compiles, and whose program means what the filter means.'),
    rows.some((row) => row.status === 'compared') ? [ratioFigure(rows.filter((row) => row.status === 'compared'), 'Instructions, filter by filter.', 'instructions'), corporaTable(data, rows)] : h('p', {}, 'There is no such filter here.'),
    h('p', { class: 'note' }, 'The bound is a number of instructions that no equal program can do with fewer than; that is proven for each filter by packets. "To the bound": our size divided by it, in the geometric mean. ',
      data.strict ? '"Strict": the same for programs that are equal to the filter on packets cut short as well, ours and libpcap\'s. ' : '', data.executed ? '"Executed": see the next section.' : ''));
}

function executedSection(data) {
  const measured = EXECUTED.filter(([member]) => data[member]?.rows.length > 0);
  if (measured.length === 0) return '';
  const curves = measured.map(([member, , name], i) => {
    const sorted = [...data[member].rows].sort((a, b) => a.ratio - b.ratio);
    return { label: `${name}, ${data[member].packets.toLocaleString('en')} packets`, colour: `s${i}`, sorted, points: sorted.map((row, rank) => [rank + 1, row.ratio]) };
  });
  return h('section', { 'aria-labelledby': 'executed' },
    h('h2', { id: 'executed' }, 'How quick'),
    h('p', { class: 'lead' }, 'Instructions executed for an Ethernet packet in the mean, divided by those of libpcap\'s program. A smaller program can take a longer path: this says whether it does.'),
    curves.length === 1
      ? ratioFigure(data[measured[0][0]].rows, 'Executed instructions, filter by filter.', 'a packet')
      : figure(curves, {
          title: 'Executed instructions, filter by filter.', subtitle: 'Each curve has its own order; the line is where both are equal.', x: 'filters, the best first', y: "ours / libpcap's", level: 1,
          describe: (rank) => curves.filter(({ sorted }) => sorted[rank - 1]).map(({ label, sorted }) => h('span', { class: 'reading' }, `${label}: `, h('code', {}, sorted[rank - 1].filter), ` ${sorted[rank - 1].ratio.toFixed(3)}: ${sorted[rank - 1].ours} a packet, libpcap ${sorted[rank - 1].tcpdump}`)),
        }),
    h('p', {}, 'In the geometric mean: ', measured.map(([member, , name]) => `${data[member].geometric_mean.all.toFixed(3)} on ${name}`).join('; '), '.'));
}

function otherRows(rows, status, title, lead) {
  const some = rows.filter((row) => row.status === status);
  if (some.length === 0) return '';
  return h('section', {}, h('h2', {}, title), h('p', { class: 'lead' }, lead),
    some.map((row) => h('details', {}, h('summary', {}, h('code', {}, row.filter), ` ${row.link_type}; ours ${row.ours}${row.tcpdump ? `, libpcap ${row.tcpdump}` : ''}`), h('pre', { class: 'wrap' }, row.message))));
}

function allSection(rows) {
  if (rows.length === 0) return '';
  return h('section', { 'aria-labelledby': 'all' },
    h('h2', { id: 'all' }, 'Every filter'),
    h('p', { class: 'lead' }, 'Sort by a heading. "At least": the proven bound. "Executed": our mean number of executed instructions divided by libpcap\'s.'),
    rowsTable(rows));
}

/** The parts that were measured, each by its name in the data. */
const SECTIONS = { sets: (data) => setsSection(data, redraw), times: timesSection, rates: ratesSection, peers: peersSection, ablation: ablationSection, levels: levelsSection, seccomp: seccompSection };
const NAMES = { size: 'Size', executed: 'Executed', sets: 'Large filters', times: 'Time to compile', rates: 'Time per packet', peers: 'Other compilers', ablation: 'Passes', levels: '-O3', seccomp: 'System calls', all: 'Every filter' };
const ELSEWHERE = ['kind', 'schema', 'environment', 'comparison', 'strict', ...EXECUTED.map(([member]) => member)];

function page(data) {
  // Where no filter counts there are no means.
  for (const part of ['comparison', 'strict', ...EXECUTED.map(([member]) => member)]) if (data[part]) data[part] = { geometric_mean: {}, to_bound: {}, ...data[part] };
  const byRow = (part) => new Map((part?.rows ?? []).map((row) => [`${row.file}/${row.id}`, row]));
  const [executed, strict] = [byRow(data.executed), byRow(data.strict)];
  const rows = (data.comparison?.rows ?? []).map((row) => ({ ...row, executed: executed.get(`${row.file}/${row.id}`), strict: strict.get(`${row.file}/${row.id}`) }));
  const others = Object.keys(data).filter((name) => !(name in SECTIONS) && !ELSEWHERE.includes(name));
  document.body.append(
    header(data, rows),
    h('main', {},
      sizeSection(data, rows),
      executedSection(data),
      Object.entries(SECTIONS).map(([name, section]) => (data[name] ? section(data[name]) : '')),
      others.map((name) => otherSection(name, data[name])),
      otherRows(rows, 'tcpdump-wrong', 'Where libpcap is wrong', "libpcap's optimized program and the filter differ on the packet that each of these shows. They are not counted above."),
      otherRows(rows, 'tcpdump-undecided', "What could not be judged", "The verifier has no answer on libpcap's optimized program, so it is not counted."),
      otherRows(rows, 'tcpdump-refuses', 'What libpcap refuses', 'Filters that tcpdump has no program for, with what it says.'),
      otherRows(rows, 'failed', 'What bpfopt has no program for', 'These count as failures.'),
      allSection(rows)),
    h('footer', { class: 'page' }, 'Made by ', h('code', {}, 'bpfopt-bench --html FILE'), '; run it to see the same on your machine. This page is one file and asks the network for nothing.'));
  document.querySelector('nav').append(...[...document.querySelectorAll('h2[id]')].map(({ id }) => h('a', { href: `#${id}` }, NAMES[id] ?? id)));
  redraw();
  let room = innerWidth;
  addEventListener('resize', () => {
    if (room !== innerWidth) redraw();
    room = innerWidth;
  });
}

page(pageData());
