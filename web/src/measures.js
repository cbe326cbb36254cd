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
  return sorted.map((value, i) => [Math.round((1000 * (i + 1)) / sorted.length) / 10, value]);
}

function timesTable(series) {
  const isShown = ([name, value]) => typeof value === 'number' && name !== 'median';
  const others = [...new Set(series.flatMap((each) => Object.entries(each).filter(isShown).map(([name]) => name)))];
  const show = (name, value) => (value === undefined ? '' : /kilobytes|megabytes|memory|count|rows/.test(name) ? number(value) : duration(value));
  return table('Times to compile', [['what'], ['median', true], ...others.map((name) => [name.replaceAll('_', ' '), true]), ['filters', true], ['without a program', true]],
    series.map((each) => [each.name, duration(each.median), ...others.map((name) => show(name, each[name])), number(each.rows?.length), number(each.failed?.length ?? 0)]));
}

function slowest(series) {
  return series.filter(({ rows }) => rows?.length > 0).map(({ name, rows }) => h('details', {}, h('summary', {}, `The slowest: ${name}`),
    table(`The slowest: ${name}`, [['filter'], ['time', true]], [...rows].sort((a, b) => b.milliseconds - a.milliseconds).slice(0, MOST_ROWS).map((row) => [h('code', {}, row.id), duration(row.milliseconds)]))));
}

export function timesSection(times) {
  const { series, ...others } = times;
  const drawn = series.filter(({ rows }) => rows?.length > 1 && rows.every(({ milliseconds }) => typeof milliseconds === 'number'));
  const curves = drawn.map(({ name, rows }, i) => ({ label: name, colour: `s${i % COLOURS}`, line: true, isSmooth: true, points: shares(rows).filter(([, value]) => value > 0) }));
  return section('times', 'How long compiling takes', 'Over the filters of the corpus. tcpdump and bpfopt as commands start a process; the others are calls of the libraries.',
    curves.length > 0 ? figure(curves, {
      title: 'Time to compile.', subtitle: 'How many of the filters are compiled within a time.', x: 'percent of the filters', y: 'milliseconds', logY: true,
      describe: (share, values) => [`${share} % of the filters: `, values.map(({ label, value }) => `${label} at most ${duration(value)}`).join('; ')],
    }) : '',
    timesTable(series), slowest(series), Object.keys(others).length > 0 ? anything('times', others) : '');
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
  const sorted = [...rows].sort((a, b) => a.interpreter.median - b.interpreter.median);
  const measured = rows.filter((row) => row.kernel).length;
  return section('rates', 'Time per packet', "Our program's time divided by libpcap's, run in turns on the same packets, so that what else the machine does hits both. "
    + 'The kernel compiles programs to machine code and takes packets through a socket, which costs more than most filters.',
    h('p', {}, `In the geometric mean ${interpreter.toFixed(3)} in libpcap's interpreter over ${plural(rows.length, 'filter')}`,
      measured > 0 ? `, and ${kernel.toFixed(3)} in the running kernel over ${measured}, on packets that are rejected.` : '. The running kernel was not measured.'),
    ratesFigure(sorted),
    h('details', {}, h('summary', {}, 'The figures'), table('Time per packet', [['filter'], ['ours', true], ['libpcap', true], ['interpreter', true], ['kernel', true]],
      sorted.map((row) => [h('code', {}, row.filter), row.ours, row.tcpdump, spreadText(row.interpreter), spreadText(row.kernel)]))));
}

export function ablationSection(ablation) {
  return section('ablation', 'What each pass is worth', 'All filters compiled without one of the passes: the instructions of all programs together, and the geometric mean of the sizes divided by those with every pass.',
    table('What each pass is worth', [['without'], ['instructions', true], ['mean', true], ['larger', true], ['smaller', true], ['which are larger']],
      ablation.map((row) => [h('code', {}, row.without), number(row.instructions), row.geometric_mean.toFixed(3), row.larger.length, row.smaller,
        row.larger.length > 0 ? h('details', { class: 'inline' }, h('summary', {}, plural(row.larger.length, 'filter')), row.larger.map(({ id, before, after }) => h('div', {}, h('code', {}, id), ` ${before}, without ${after}`))) : ''])));
}

export function seccompSection(seccomp) {
  const list = ({ instructions, executed, executed_allowed: allowed }) => `${number(instructions)} (${executed.toFixed(1)}, ${allowed.toFixed(1)})`;
  return section('seccomp', 'Lists of system calls', "Filters of system calls as libseccomp exports them, in its linear and its tree form, and the linear one optimized by bpfopt. Instructions; in parentheses those executed for a call, in the mean over all calls, and over those allowed.",
    table('Lists of system calls', [['list'], ['libseccomp, linear', true], ['libseccomp, tree', true], ['optimized', true], ['proven']],
      seccomp.map((row) => [row.list, list(row.linear), list(row.tree), list(row.optimized), row.proven ? 'yes' : h('span', { class: 'bad' }, 'no')])));
}

/** What this page has no section of its own for. */
export const otherSection = (name, data) => section(name, name[0].toUpperCase() + name.slice(1).replaceAll('_', ' '), '', anything(name, data));
