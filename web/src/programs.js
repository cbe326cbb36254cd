// The two programs side by side, coloured by the parts of the filter that their instructions come from.
import { align, parseLine } from './align.js';
import { h, plural } from './dom.js';

const COLOURS = 8;

export const colourOf = (part) => `c${part % COLOURS}`;
export const letterOf = (part) => String.fromCharCode(65 + part);

/** The colours of the parts, side by side; the page's policy has no style in the markup, so this is for `style.background`. */
const bandOf = (parts) => `linear-gradient(90deg, ${parts.map((part, i) => `var(--p${part % COLOURS}) ${(100 * i) / parts.length}% ${(100 * (i + 1)) / parts.length}%`).join(', ')})`;

const chip = (part) => h('span', { class: `chip ${colourOf(part)}` }, letterOf(part));

function rowOf(instruction, i, side, parts) {
  const { mnemonic, operand, jt, jf } = parseLine(instruction.text);
  const names = instruction.parts.map((part) => parts[part]).join('; ');
  const number = h('span', { class: 'no' }, String(i).padStart(3, '0'));
  if (names) number.style.background = bandOf(instruction.parts);
  return h(
    'div',
    {
      class: `row ${side}`, tabindex: i === 0 ? 0 : -1, role: 'listitem', 'data-side': side, 'data-index': i,
      'aria-label': `${i}: ${mnemonic} ${operand}${jt === null ? '' : `, true to ${jt}, false to ${jf}`}${
        names ? `; from ${names}` : ''}`,
      title: names ? `from: ${names}` : null,
    },
    number,
    h('span', {}, mnemonic),
    h('span', { class: 'operand' }, operand),
    h('span', { class: 'jump' }, jt === null ? '' : `jt ${String(jt).padEnd(3)} jf ${jf}`),
    h('span', { class: 'from' }, instruction.parts.map(chip)),
  );
}

/** The filter as text, each part a button that marks what comes from it. */
export function filterText(data, link) {
  const isLong = data.filter.text.length > 200;
  if (data.filter.text.trim() === '') return h('span', {}, 'The empty filter: every packet');
  return h(
    'span',
    { class: isLong ? 'filter long' : 'filter' },
    data.filter.segments.map(({ text, part }) =>
      part === undefined
        ? text
        : h('span', {
            class: `part ${colourOf(part)}`, tabindex: 0, role: 'note', 'data-part': part,
            'aria-label': `part ${letterOf(part)}: ${text}`,
            onmouseenter: () => link.part(part), onmouseleave: link.clear,
            onfocus: () => link.part(part), onblur: link.clear,
          }, text, h('sup', { 'aria-hidden': 'true' }, letterOf(part)))),
  );
}

/** Marks what belongs together, wherever it is on the page. */
export class Link {
  constructor(data) {
    this.data = data;
    this.partners = { ours: new Map(), theirs: new Map() };
    this.part = this.part.bind(this);
    this.clear = this.clear.bind(this);
  }

  program(side) {
    return (side === 'ours' ? this.data.ours : this.data.libpcap).instructions ?? [];
  }

  mark(selector, name = 'linked') {
    for (const element of document.querySelectorAll(selector)) element.classList.add(name);
  }

  clear() {
    for (const element of document.querySelectorAll('.linked, .target')) element.classList.remove('linked', 'target');
  }

  part(part) {
    this.clear();
    this.mark(`[data-part="${part}"]`);
    for (const side of ['ours', 'theirs']) {
      this.program(side).forEach((instruction, i) => {
        if (instruction.parts.includes(part)) this.mark(`.row.${side}[data-index="${i}"]`);
      });
    }
  }

  instruction(side, i) {
    this.clear();
    this.mark(`.row.${side}[data-index="${i}"]`);
    const partner = this.partners[side].get(i);
    if (partner !== undefined) this.mark(`.row.${side === 'ours' ? 'theirs' : 'ours'}[data-index="${partner}"]`);
    const instruction = this.program(side)[i];
    for (const part of instruction.parts) this.mark(`[data-part="${part}"]`);
    const { jt, jf } = parseLine(instruction.text);
    for (const target of [jt, jf]) {
      if (target !== null) this.mark(`.row.${side}[data-index="${target}"]`, 'target');
    }
  }
}

const rowAt = (side, i) => document.querySelector(`.row.${side}[data-index="${i}"]`);

/** One stop of the tab key for each program; the arrow keys go on from there, and to the instruction beside. */
function moveFocus(event, link) {
  const row = event.target.closest('.row[data-side]');
  if (!row || event.altKey || event.ctrlKey || event.metaKey) return;
  const { side } = row.dataset;
  const i = Number(row.dataset.index);
  const last = link.program(side).length - 1;
  const places = { ArrowDown: i + 1, ArrowUp: i - 1, Home: 0, End: last, PageDown: Math.min(i + 10, last), PageUp: Math.max(i - 10, 0) };
  let next = null;
  if (event.key in places) next = rowAt(side, places[event.key]);
  else if (event.key === (side === 'ours' ? 'ArrowRight' : 'ArrowLeft')) next = rowAt(side === 'ours' ? 'theirs' : 'ours', link.partners[side].get(i));
  else return;
  event.preventDefault();
  next?.focus();
}

/** The tab key comes back to where it left. */
function rememberStop(row) {
  for (const other of row.parentElement.querySelectorAll('.row[tabindex="0"]')) other.tabIndex = -1;
  row.tabIndex = 0;
}

function listing(data, link) {
  const ours = data.ours.instructions;
  const theirs = data.libpcap.instructions ?? [];
  const left = h('div', { role: 'list', 'aria-label': "bpfopt's program" });
  const right = h('div', { role: 'list', 'aria-label': "libpcap's program" });
  const gap = () => h('div', { class: 'row gap', 'aria-hidden': 'true' }, '\u00a0');
  for (const [i, j] of align(ours, theirs)) {
    left.append(i === null ? gap() : rowOf(ours[i], i, 'ours', data.parts));
    if (theirs.length > 0) right.append(j === null ? gap() : rowOf(theirs[j], j, 'theirs', data.parts));
    if (i === null || j === null) continue;
    link.partners.ours.set(i, j);
    link.partners.theirs.set(j, i);
  }
  if (data.libpcap.error) right.append(h('p', {}, data.libpcap.error));
  return { left, right };
}

function introduction(data) {
  const beside = data.libpcap.error
    ? ["bpfopt's program, as ", h('code', {}, 'tcpdump -d'), ' would print it. ']
    : ['What ', h('code', {}, 'tcpdump -d'), " prints is libpcap's program; bpfopt's is in the same notation, and where both have the same instruction it stands in the same row. "];
  const parts = data.parts.length === 0 ? '' : 'Letters and colours say which parts of the filter an instruction tests, or prepares the test of. ';
  return [beside, parts, 'Point at an instruction, or go there with the tab and arrow keys: its like in the other program, its parts, and where it jumps are marked.'];
}

export function programsSection(data, link) {
  const { left, right } = listing(data, link);
  const grid = h(
    'div',
    { class: data.ours.instructions.length > 100 ? 'programs tall' : 'programs', onkeydown: (event) => moveFocus(event, link) },
    h('div', {}, h('h3', {}, `bpfopt: ${plural(data.ours.instructions.length, 'instruction')}`), left),
    h('div', {}, h('h3', {}, data.libpcap.error
      ? (data.libpcap.over_time ? 'libpcap: no program in time' : 'libpcap refuses this filter')
      : `libpcap: ${plural(data.libpcap.instructions.length, 'instruction')}`), right),
  );
  const follow = (event) => {
    const row = event.target.closest?.('.row[data-side]');
    if (row) link.instruction(row.dataset.side, Number(row.dataset.index));
  };
  grid.addEventListener('mouseover', follow);
  grid.addEventListener('focusin', (event) => {
    follow(event);
    if (event.target.matches('.row[data-side]')) rememberStop(event.target);
  });
  grid.addEventListener('mouseleave', link.clear);
  grid.addEventListener('focusout', link.clear);
  return h(
    'section',
    { 'aria-labelledby': 'programs' },
    h('h2', { id: 'programs' }, 'The two programs'),
    h('p', { class: 'lead' }, introduction(data)),
    h('ul', { class: 'legend', 'aria-label': 'Parts of the filter' },
      data.parts.map((text, part) => h('li', {}, chip(part), ' ', h('code', {}, text.length > 60 ? `${text.slice(0, 57)}…` : text)))),
    grid,
  );
}
