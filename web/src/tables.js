// Tables of figures, and of measurements that this page knows no better picture of.
import { h } from './dom.js';

/** Figures of any size in few digits. */
export function number(value) {
  if (typeof value !== 'number') return value ?? '';
  if (Number.isInteger(value)) return value.toLocaleString('en');
  return Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(3);
}

/** A table in a box that scrolls by itself where it is wider than the page. `headings`: [text, is it a number]. */
export function table(label, headings, rows, attributes = {}) {
  return h('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': label }, h('table', attributes,
    h('thead', {}, h('tr', {}, headings.map(([text, isNumber]) => h('th', { class: isNumber ? 'n' : '', scope: 'col' }, text)))),
    h('tbody', {}, rows.map((cells) => (cells instanceof Node ? cells : h('tr', {}, cells.map((cell, i) => h('td', { class: headings[i][1] ? 'n' : '' }, cell))))))));
}

const words = (name) => name.replaceAll('_', ' ');

/** {a: 1, b: {c: 2}} -> {a: 1, 'b c': 2}; lists are left out. */
export function flatten(object, prefix = '') {
  const flat = {};
  for (const [name, value] of Object.entries(object)) {
    const path = prefix + words(name);
    if (value !== null && typeof value === 'object') {
      if (!Array.isArray(value)) Object.assign(flat, flatten(value, `${path} `));
    } else {
      flat[path] = value;
    }
  }
  return flat;
}

/** Whatever it is: its lists of objects as tables, its other figures as one more. */
export function anything(name, data) {
  if (Array.isArray(data)) return data.length > 0 ? listTable(words(name), data) : '';
  if (data === null || typeof data !== 'object') return h('p', {}, `${words(name)}: ${number(data)}`);
  const lists = Object.entries(data).filter(([, value]) => Array.isArray(value) && value.some((each) => typeof each === 'object'));
  const others = Object.entries(flatten(data));
  return [
    others.length > 0 ? table(words(name), [[words(name)], ['', true]], others.map(([key, value]) => [key, number(value)])) : '',
    lists.map(([key, value]) => [h('h3', {}, words(key)), listTable(words(key), value)]),
  ];
}

function listTable(label, list) {
  const rows = list.map((each) => (typeof each === 'object' ? flatten(each) : { [label]: each }));
  const names = [...new Set(rows.flatMap(Object.keys))];
  const isNumber = (name) => rows.every((row) => row[name] === undefined || typeof row[name] === 'number');
  return table(label, names.map((name) => [name, isNumber(name)]), rows.map((row) => names.map((name) => (typeof row[name] === 'boolean' ? (row[name] ? 'yes' : 'no') : number(row[name])))));
}
