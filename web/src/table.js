// The rows of the comparison: sorted by any column, filtered by text, corpus and outcome.
import { h, plural } from './dom.js';

const OUTCOMES = {
  compared: 'compared', 'tcpdump-wrong': 'libpcap is wrong', 'tcpdump-undecided': 'libpcap not judged', 'tcpdump-refuses': 'libpcap refuses', unsupported: 'no such link type', failed: 'no program',
};

/** Columns: [heading, value of a row, is it a number, how it is shown]. */
const COLUMNS = [
  ['filter', (row) => row.filter, false, (row) => h('code', {}, row.filter)],
  ['link type', (row) => row.link_type, false],
  ['ours', (row) => row.ours, true],
  ['strict', (row) => row.strict?.ours, true],
  ['libpcap', (row) => row.tcpdump, true],
  ['ratio', (row) => row.ratio, true, (row) => row.ratio?.toFixed(3)],
  ['at least', (row) => row.bound, true],
  ['executed', (row) => row.executed?.ratio, true, (row) => row.executed?.ratio.toFixed(3)],
  ['proven', (row) => (row.proven === undefined ? '' : row.proven ? 'yes' : 'no'), false],
  ['corpus', (row) => row.file, false, (row) => row.file.replace(/\.txt$/, '')],
  ['', (row) => OUTCOMES[row.status], false, (row) => (row.status === 'compared' ? '' : OUTCOMES[row.status])],
];

function compare(a, b) {
  if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
  return typeof a === 'number' ? a - b : String(a).localeCompare(String(b), 'en');
}

/** Those that a row has something in. */
const columnsOf = (rows) => COLUMNS.filter(([, get]) => rows.some((row) => get(row) !== undefined && get(row) !== ''));

export function rowsTable(rows) {
  const columns = columnsOf(rows);
  let sorted = { column: columns.findIndex(([name]) => name === 'ratio'), descending: false };
  const search = h('input', { type: 'search', id: 'search', placeholder: 'port, vlan, …', oninput: draw });
  const corpus = select('corpus', [['', 'all'], ...[...new Set(rows.map((row) => row.file))].map((file) => [file, file.replace(/\.txt$/, '')])]);
  const outcome = select('outcome', [['', 'all'], ...[...new Set(rows.map((row) => row.status))].map((status) => [status, OUTCOMES[status]])]);
  const count = h('span', { class: 'note', role: 'status', id: 'row-count' });
  const body = h('tbody', {});
  const headings = columns.map(([name, , isNumber], i) => h('th', { class: isNumber ? 'n' : '', scope: 'col' }, name === '' ? 'outcome' : '',
    name === '' ? null : h('button', { type: 'button', class: 'sort', onclick: () => sortBy(i) }, name)));

  function select(id, choices) {
    return h('select', { id, onchange: () => draw() }, choices.map(([value, text]) => h('option', { value }, text)));
  }

  function sortBy(column) {
    sorted = { column, descending: sorted.column === column && !sorted.descending };
    draw();
  }

  function draw() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = rows.filter((row) => words.every((word) => `${row.filter} ${row.id} ${row.link_type}`.toLowerCase().includes(word))
      && (corpus.value === '' || row.file === corpus.value) && (outcome.value === '' || row.status === outcome.value));
    const value = columns[Math.max(sorted.column, 0)][1];
    shown.sort((a, b) => {
      const [left, right] = [value(a), value(b)];
      const order = compare(left, right);
      return sorted.descending && left !== undefined && right !== undefined ? -order : order;
    });
    headings.forEach((heading, i) => {
      heading.setAttribute('aria-sort', i !== sorted.column ? 'none' : sorted.descending ? 'descending' : 'ascending');
    });
    body.replaceChildren(...shown.map((row) => h('tr', {}, columns.map(([, get, isNumber, show]) => h('td', { class: isNumber ? 'n' : '' }, (show ?? get)(row) ?? '')))));
    count.textContent = shown.length === rows.length ? plural(rows.length, 'filter') : `${shown.length} of ${plural(rows.length, 'filter')}`;
  }

  draw();
  return [
    h('div', { class: 'controls' },
      h('label', { class: 'field' }, 'Search', search), h('label', { class: 'field' }, 'Corpus', corpus), h('label', { class: 'field' }, 'Outcome', outcome), count),
    h('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'All filters' }, h('table', { class: 'rows' }, h('thead', {}, h('tr', {}, headings)), body)),
  ];
}
