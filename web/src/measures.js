// The other measurements of the bench: times, time per packet, passes, lists of system calls.
import { duration, h, plural } from './dom.js';
import { figure } from './plots.js';
import { anything, number, table } from './tables.js';

const section = (id, title, lead, ...content) => h('section', { 'aria-labelledby': id }, h('h2', { id }, title), lead ? h('p', { class: 'lead' }, lead) : '', content);

const COLOURS = 8;
const MOST_ROWS = 10; // of the slowest

/** Every point is a share of the filters, in percent, and what the slowest of those takes. */
function shares(rows) {
  const sorted = rows.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  return sorted.map((value, i) => [Math.round((1000 * (i + 1)) / sorted.length) / 10, value]).filter(([, value]) => value > 0);
}

/** 'in process: -O1' -> ['in process', '-O1']. */
const splitName = (name) => (name.includes(': ') ? [name.slice(0, name.indexOf(': ')), name.slice(name.indexOf(': ') + 2)] : ['', name]);

function timesFigures(series) {
  const groups = new Map();
  for (const each of series) {
    const [group, label] = splitName(each.name);
    groups.set(group, [...(groups.get(group) ?? []), { ...each, label }]);
  }
  return [...groups].map(([group, members]) => figure(members.map(({ label, compiler, rows }, i) => ({
    label: compiler === 'bpfopt' && label.startsWith('-O') ? `bpfopt ${label}` : label, colour: `s${i % COLOURS}`, line: true, isSmooth: true,
    ...(compiler === 'libpcap' ? { dash: [5, 5], marker: 'theirs' } : {}), points: shares(rows),
  })), {
    title: `Time to compile${group ? `, ${group}` : ''}.`, subtitle: 'How large a part of the filters is compiled within a time.', x: 'percent of the filters', y: 'milliseconds', logY: true,
    describe: (share, values) => [`${share} % of the filters: `, values.map(({ label, value }) => `${label} at most ${duration(value)}`).join('; ')],
  }));
}

const kibibytes = (value) => `${(value / 1024).toFixed(1)} MiB`;

/** Of times, or of memory. */
function seriesTable(label, series, show) {
  const name = (row) => (typeof row === 'string' ? row : row.id);
  const has = (member) => series.some((each) => each[member] !== undefined);
  const columns = [
    ['median', (each) => show(each.median)],
    ...(has('ninetieth') ? [['90 % within', (each) => show(each.ninetieth)], ['worst', (each) => show(each.worst)]] : []),
    ...(has('ratio') ? [["/ libpcap's", (each) => (each.ratio ? h('span', { title: `geometric mean over ${plural(each.ratio.rows, 'filter')}, beside ${each.ratio.beside}` }, each.ratio.geometric_mean.toFixed(2)) : '')]] : []),
    ['filters', (each) => number(each.rows.length)],
    ['without a program', (each) => (each.failed.length === 0 ? '0' : h('span', { title: each.failed.map(name).join(', ') }, number(each.failed.length)))],
  ];
  return table(label, [['what'], ...columns.map(([heading]) => [heading, true])], series.map((each) => [each.name, ...columns.map(([, get]) => get(each))]));
}

function slowest(series) {
  return h('details', {}, h('summary', {}, 'The slowest filters'), series.map(({ name, rows }) => [h('h3', {}, name), table(`The slowest, ${name}`, [['filter'], ['time', true]],
    [...rows].sort((a, b) => b.milliseconds - a.milliseconds).slice(0, MOST_ROWS).map((row) => [h('code', {}, row.id), duration(row.milliseconds)]))]));
}

export function timesSection({ series, memory, levels }) {
  const hasRatio = series.some(({ ratio }) => ratio);
  return section('times', 'How long compiling takes', `Over the filters of the corpus, the best of a few runs. In process: calls of the libraries; whole process: commands, from start to end.${hasRatio ? ' "/ libpcap\'s": beside libpcap with its optimizer, in process or as tcpdump, in the geometric mean over the filters that both compile.' : ''}`,
    h('div', { class: series.some(({ name }) => splitName(name)[0]) ? 'pair' : '' }, timesFigures(series)),
    seriesTable('Times to compile', series, duration),
    memory?.length > 0 ? [h('h3', {}, 'Peak memory of the commands'), seriesTable('Peak memory', memory, kibibytes)] : '',
    levels?.rows > 0 ? h('p', {}, `What the time buys: the ${plural(levels.rows, 'filter')} come to ${number(levels.O1)} instructions at -O1, and to ${number(levels.O2)} at -O2.`) : '',
    slowest(series));
}

/** Other compilers of filters. */
export function peersSection({ peers, missing, rows }) {
  const odd = (name) => rows.filter((row) => row.peers?.[name]?.outcome === 'different');
  return section('peers', 'Other compilers', "Beside libpcap's optimizer: what else makes programs of the same filters, each held to the filter's meaning by the same verifier. Counted in the means are programs that were not found to differ.",
    peers.length === 0 ? '' : table('Other compilers', [['compiler'], ['compared', true], ["ours / theirs", true], ["theirs / tcpdump's", true], ['equal', true], ['different', true], ['undecided', true], ['no program', true]],
      peers.map((each) => [[h('b', {}, each.name), h('div', { class: 'note' }, each.description)], each.rows, each.ours_to_theirs?.toFixed(3) ?? '—', each.theirs_to_tcpdump?.toFixed(3) ?? '—', each.equal, each.different, each.undecided, each.refused])),
    missing.length === 0 ? '' : h('p', { class: 'note' }, 'Not installed here: ', missing.map(({ name, package: from }) => (from ? `${name} (of the package ${from})` : name)).join(', '), '.'),
    peers.filter(({ name }) => odd(name).length > 0).map(({ name }) => h('details', {}, h('summary', {}, `${plural(odd(name).length, 'filter')} on which ${name} differs from the filter`),
      odd(name).map((row) => [h('p', {}, h('code', {}, row.filter)), row.peers[name].message ? h('pre', { class: 'wrap' }, row.peers[name].message) : '']))));
}

const spreadText = (spread) => (spread ? `${spread.median.toFixed(2)} (${spread.first_quartile.toFixed(2)}–${spread.third_quartile.toFixed(2)})` : '—');

function ratesFigure(rows) {
  const curve = (what, label, colour) => {
    const points = rows.map((row, i) => [i + 1, row[what]?.median, row[what]]).filter(([, median]) => median !== undefined);
    return { label, colour, points: points.map(([rank, median]) => [rank, median]), spread: new Map(points.map(([rank, , spread]) => [rank, [spread.first_quartile, spread.third_quartile]])) };
  };
  return figure([curve('interpreter', "libpcap's interpreter", 's0'), curve('kernel', 'the running kernel', 's1')].filter(({ points }) => points.length > 0), {
    title: 'Time per packet, filter by filter.', subtitle: 'Dots are medians, bars reach from the first to the third quartile; the line is where both take as long.',
    x: 'filters, the best in the interpreter first', y: "ours / libpcap's", level: 1, top: 1.2,
    describe: (rank) => {
      const row = rows[rank - 1];
      return [h('code', {}, row.filter), ` interpreter ${spreadText(row.interpreter)}, kernel ${spreadText(row.kernel)}; ${row.ours} instructions, libpcap ${row.tcpdump}`];
    },
  });
}

export function ratesSection({ interpreter, kernel, rows }) {
  if (rows.length === 0) return '';
  const sorted = [...rows].sort((a, b) => a.interpreter.median - b.interpreter.median);
  const measured = rows.filter((row) => row.kernel).length;
  return section('rates', 'Time per packet', "Our program's time divided by libpcap's, run in turns on the same packets, so that what else the machine does hits both. "
    + 'The kernel compiles programs to machine code and takes packets through a socket, which costs more than most filters.',
    h('p', {}, `In the geometric mean ${interpreter.toFixed(3)} in libpcap's interpreter over ${plural(rows.length, 'filter')}`,
      measured > 0 && kernel !== undefined ? `, and ${kernel.toFixed(3)} in the running kernel over ${measured}, on packets that are rejected.` : '. The running kernel was not measured.'),
    ratesFigure(sorted),
    h('details', {}, h('summary', {}, 'The figures'), table('Time per packet', [['filter'], ['ours', true], ['libpcap', true], ['interpreter', true], ['kernel', true]],
      sorted.map((row) => [h('code', {}, row.filter), row.ours, row.tcpdump, spreadText(row.interpreter), row.kernel ? spreadText(row.kernel) : h('span', { class: 'note' }, row.no_kernel ?? '—')]))));
}

export function ablationSection(ablation) {
  return section('ablation', 'What each pass is worth', "All filters compiled without one of the passes: the instructions of all programs together, and the geometric mean of their sizes divided by libpcap's.",
    table('What each pass is worth', [['without'], ['instructions', true], ['mean', true], ['larger', true], ['smaller', true], ['which are larger']],
      ablation.map((row) => [row.without === '' ? 'nothing' : h('code', {}, row.without), number(row.instructions), row.geometric_mean.toFixed(3), row.larger.length, row.smaller,
        row.larger.length > 0 ? h('details', { class: 'inline' }, h('summary', {}, plural(row.larger.length, 'filter')), row.larger.map(({ id, before, after }) => h('div', {}, h('code', {}, id), ` ${before}, without ${after}`))) : ''])));
}

export function levelsSection({ rows, O2, O3, changed }) {
  return section('levels', 'What -O3 gains', 'It searches shorter code for windows of the finished program, and takes its time for that.',
    h('p', {}, `The ${plural(rows, 'filter')} come to ${number(O2)} instructions at -O2, and to ${number(O3)} at -O3.`),
    changed.length > 0 ? table('What -O3 gains', [['filter'], ['link type'], ['-O2', true], ['-O3', true], ['proven']],
      changed.map((row) => [h('code', {}, row.filter), row.link_type, row.O2, row.O3, row.proven ? 'yes' : h('span', { class: 'bad' }, 'no')])) : '');
}

export function seccompSection(seccomp) {
  const list = ({ instructions, executed, executed_allowed: allowed }) => `${number(instructions)} (${executed.toFixed(1)}, ${allowed.toFixed(1)})`;
  return section('seccomp', 'Lists of system calls', "Filters of system calls as libseccomp exports them, in its linear and its tree form, and the linear one optimized by bpfopt. Instructions; in parentheses those executed for a call, in the mean over all calls, and over those allowed.",
    table('Lists of system calls', [['list'], ['libseccomp, linear', true], ['libseccomp, tree', true], ['optimized', true], ['proven']],
      seccomp.map((row) => [row.list, list(row.linear), list(row.tree), list(row.optimized), row.proven ? 'yes' : h('span', { class: 'bad' }, 'no')])));
}

/** What this page has no section of its own for. */
export const otherSection = (name, data) => section(name, name[0].toUpperCase() + name.slice(1).replaceAll('_', ' '), '', anything(name, data));
