// The page of `bpfopt-bench --html`.
import { duration, h, pageData, plural, themeButton } from './dom.js';
import { figure, redraw } from './plots.js';
import { exponent, pointsOf } from './scaling.js';
import { rowsTable } from './table.js';

const CORPORA = {
  'common.txt': 'what tutorials and manual pages show',
  'everyday.txt': 'what people type and scripts generate',
  'link-types.txt': 'over other link types than Ethernet',
  'redundant.txt': 'with something said twice',
  'libpcap-bugs.txt': "that libpcap's optimizer gets or got wrong",
};
const KERNEL_LIMIT = 4096;

const corpusName = (file) => file.replace(/\.txt$/, '');
const percent = (ratio) => `${ratio <= 1 ? '−' : '+'}${Math.abs(100 * (ratio - 1)).toFixed(0)} %`;

function header(data, rows) {
  const compared = rows.filter((row) => row.status === 'compared');
  const unproven = rows.filter((row) => row.proven === false).length;
  const wrong = rows.filter((row) => row.status === 'tcpdump-wrong').length;
  const { environment: machine, comparison, executed } = data;
  const figure = (name, value, note, kind = '') => h('div', {}, h('dt', {}, name), h('dd', { class: kind }, value, h('small', {}, note)));
  return h('header', { class: 'page' },
    h('div', { class: 'brand' }, h('span', {}, h('b', {}, 'bpfopt'), ' bench'), themeButton(redraw)),
    h('h1', {}, 'tcpdump filters, compiled twice'),
    h('p', { class: 'lead' }, 'A filter such as ', h('code', {}, 'tcp port 80'), ' becomes a small BPF program; tcpdump -d prints it. libpcap makes it for tcpdump. ',
      'bpfopt makes a smaller one, and proves that it is the same filter. This page compares the two, filter by filter, on one machine in one run.'),
    h('dl', { class: 'figures' },
      figure('Instructions', percent(comparison.geometric_mean.all), `geometric mean over ${plural(compared.length, 'filter')}`),
      figure('Executed for a packet', percent(executed.geometric_mean.all), `mean over ${plural(executed.packets, 'packet')}, ${plural(executed.rows.length, 'filter')}`),
      figure('Proven', unproven === 0 ? 'All' : `All but ${unproven}`, `${machine.relation}, of ${plural(rows.length, 'filter')}`, unproven === 0 ? 'good' : 'bad'),
      figure('Larger than libpcap\'s', compared.filter((row) => row.ours > row.tcpdump).length, 'filters'),
      figure('libpcap is wrong', wrong, 'filters, each shown by a packet')),
    h('p', { class: 'note' }, `bpfopt ${machine.bpfopt} at -O${machine.level}, ${machine.libpcap}; ${machine.date}, ${machine.processor}, ${plural(machine.threads, 'thread')}.`));
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
    hint: 'Point at the plot to see which filter it is.',
    describe: (rank) => {
      const row = sorted[rank - 1];
      return [h('code', {}, row.filter), ` ${row.ratio.toFixed(3)}: ${row.ours} ${unit}, libpcap ${row.tcpdump}`];
    },
  });
}

function corporaTable({ comparison, executed }, rows) {
  const files = Object.keys(comparison.to_bound).filter((file) => file !== 'all');
  const counted = (file) => rows.filter((row) => row.status === 'compared' && (file === 'all' || row.file === file)).length;
  const line = (file, name, kind = '') => h('tr', { class: kind },
    h('th', { scope: 'row' }, name), h('td', { class: 'about' }, CORPORA[file] ?? ''), h('td', { class: 'n' }, counted(file)),
    h('td', { class: 'n' }, comparison.geometric_mean[file]?.toFixed(3) ?? ''), h('td', { class: 'n' }, executed.geometric_mean[file]?.toFixed(3) ?? ''),
    h('td', { class: 'n' }, comparison.to_bound[file].geometric_mean.toFixed(2)), h('td', { class: 'n' }, `${comparison.to_bound[file].met} of ${comparison.to_bound[file].rows}`));
  return h('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Means by corpus' }, h('table', { id: 'means' },
    h('thead', {}, h('tr', {}, h('th', {}, 'corpus'), h('th', { class: 'about' }, 'filters'), h('th', { class: 'n' }, 'compared'), h('th', { class: 'n' }, 'instructions'), h('th', { class: 'n' }, 'executed'), h('th', { class: 'n' }, 'to the bound'), h('th', { class: 'n' }, 'at the bound'))),
    h('tbody', {}, files.map((file) => line(file, corpusName(file))), line('all', 'all', 'total'))));
}

function scalingFigures(scaling) {
  const plot = (what, title, y) => figure(
    scaling.flatMap((series, i) => [
      { label: `bpfopt, ${series.name}`, colour: `s${i}`, line: true, points: pointsOf(series, 'ours', what) },
      { label: `libpcap, ${series.name}`, colour: `s${i}`, line: true, dash: [5, 5], marker: 'theirs', points: pointsOf(series, 'libpcap', what) },
    ]),
    {
      title, x: 'entries in the filter', y, log: true, hint: 'Both axes are logarithmic.',
      describe: (entries, values) => [`${entries} entries: `, values.map(({ label, value }) => `${label} ${what === 'milliseconds' ? duration(value) : value}`).join('; ')],
    });
  return [plot('instructions', 'Instructions', 'instructions'), plot('milliseconds', 'Time to compile', 'milliseconds')];
}

function scalingTable(scaling) {
  const cell = (figures, what) => h('td', { class: 'n' }, !figures ? '—' : what === 'milliseconds' ? duration(figures.milliseconds)
    : h('span', { class: figures.instructions > KERNEL_LIMIT ? 'bad' : '' }, figures.instructions));
  const growth = (series, who, what) => {
    const b = exponent(pointsOf(series, who, what));
    return h('td', { class: 'n' }, b === null ? '—' : `n^${b.toFixed(2)}`);
  };
  return h('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Figures of large filters' }, h('table', {},
    h('thead', {}, h('tr', {}, h('th', {}, 'entries'), ['ours', 'libpcap', 'our time', "libpcap's time"].map((name) => h('th', { class: 'n' }, name)))),
    scaling.map((series) => h('tbody', {},
      h('tr', {}, h('th', { colspan: 5, scope: 'rowgroup', class: 'group' }, series.name)),
      series.points.map((point) => h('tr', {}, h('td', {}, point.entries), cell(point.ours), cell(point.libpcap), cell(point.ours, 'milliseconds'), cell(point.libpcap, 'milliseconds'))),
      h('tr', { class: 'total' }, h('td', {}, 'grows like'), growth(series, 'ours', 'instructions'), growth(series, 'libpcap', 'instructions'), growth(series, 'ours', 'milliseconds'), growth(series, 'libpcap', 'milliseconds'))))));
}

function scalingSection(scaling) {
  if (!scaling?.length) return '';
  return h('section', { 'aria-labelledby': 'scaling' },
    h('h2', { id: 'scaling' }, 'Filters that name many things'),
    h('p', { class: 'lead' }, `Random entries joined by or. Linux takes programs of at most ${KERNEL_LIMIT} instructions; larger ones are red. Our time includes the proof. `,
      'A compiler that has taken more than two seconds for one filter is asked for no larger one of its kind.'),
    h('div', { class: 'pair' }, scalingFigures(scaling)),
    h('details', {}, h('summary', {}, 'The figures, and how they grow'), scalingTable(scaling)));
}

function otherRows(rows, status, title, lead) {
  const some = rows.filter((row) => row.status === status);
  if (some.length === 0) return '';
  return h('section', {}, h('h2', {}, title), h('p', { class: 'lead' }, lead),
    some.map((row) => h('details', {}, h('summary', {}, h('code', {}, row.filter), ` ${row.link_type}; ours ${row.ours}${row.tcpdump ? `, libpcap ${row.tcpdump}` : ''}`), h('pre', {}, row.message))));
}

function page(data) {
  const executed = new Map(data.executed.rows.map((row) => [`${row.file}/${row.id}`, row]));
  const rows = data.comparison.rows.map((row) => ({ ...row, executed: executed.get(`${row.file}/${row.id}`) }));
  const compared = rows.filter((row) => row.status === 'compared');
  document.body.append(
    header(data, rows),
    h('main', {},
      h('section', { 'aria-labelledby': 'size' },
        h('h2', { id: 'size' }, 'How small'),
        h('p', { class: 'lead' }, "Our program's instructions divided by those of tcpdump -ddd. 0.80 is a fifth smaller. Counted are filters that libpcap compiles, and whose program means what the filter means."),
        ratioFigure(compared, 'Instructions, filter by filter.', 'instructions'),
        corporaTable(data, rows),
        h('p', { class: 'note' }, 'The bound is a number of instructions that no equal program can do with fewer than; that is proven for each filter by packets. "To the bound": our size divided by it, in the geometric mean.')),
      h('section', { 'aria-labelledby': 'executed' },
        h('h2', { id: 'executed' }, 'How quick'),
        h('p', { class: 'lead' }, `Instructions executed for a packet, in the mean over ${data.executed.packets.toLocaleString('en')} ${data.environment.packets === 'captures' ? 'Ethernet packets of captures' : 'packets of generated Ethernet traffic'}. A smaller program can take a longer path: this says whether it does.`),
        ratioFigure(data.executed.rows, 'Executed instructions, filter by filter.', 'a packet')),
      scalingSection(data.scaling),
      otherRows(rows, 'tcpdump-wrong', 'Where libpcap is wrong', "libpcap's optimized program and the filter differ on the packet that each of these shows. They are not counted above."),
      otherRows(rows, 'tcpdump-refuses', 'What libpcap refuses', 'Filters that tcpdump has no program for, with what it says.'),
      otherRows(rows, 'failed', 'What bpfopt has no program for', 'These count as failures.'),
      h('section', { 'aria-labelledby': 'all' },
        h('h2', { id: 'all' }, 'Every filter'),
        h('p', { class: 'lead' }, 'Sort by a heading. "At least": the proven bound. "Executed": our mean number of executed instructions divided by libpcap\'s.'),
        rowsTable(rows))),
    h('footer', { class: 'page' }, 'Made by bpfopt-bench --html; run it to see the same on your machine. This page is one file and asks the network for nothing.'));
  redraw();
  let room = innerWidth;
  addEventListener('resize', () => {
    if (room !== innerWidth) redraw();
    room = innerWidth;
  });
}

page(pageData());
