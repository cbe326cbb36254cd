// The page of `bpfopt report`.
import { h, pageData, plural, themeButton } from './dom.js';
import { PacketBox } from './packet.js';
import { passesSection } from './passes.js';
import { filterText, Link, programsSection } from './programs.js';
import { proofSection } from './proof.js';

function libpcapFigure({ instructions, judged, error, over_time: overTime }) {
  if (overTime) return ['—', 'took too long'];
  if (error) return ['—', 'refuses the filter'];
  if (judged.answer === 'different') return [instructions.length, [`${instructions.length === 1 ? 'instruction' : 'instructions'}, for `, h('a', { href: '#proof' }, 'another filter')], 'bad'];
  return [instructions.length, instructions.length === 1 ? 'instruction' : 'instructions'];
}

function figures(data) {
  const figure = (name, value, note, kind = '') => h('div', {}, h('dt', {}, name), h('dd', { class: kind }, value, h('small', {}, note)));
  const ours = data.ours.instructions.length;
  const theirs = data.libpcap.instructions?.length;
  const isComparable = theirs !== undefined && data.libpcap.judged.answer !== 'different';
  const change = Math.round(100 * (ours / theirs - 1));
  return h('dl', { class: 'figures' },
    figure('bpfopt', ours, `${ours === 1 ? 'instruction' : 'instructions'}; ${data.lower_bound === ours ? 'no program is smaller' : `at least ${data.lower_bound} needed`}`),
    figure('libpcap', ...libpcapFigure(data.libpcap)),
    isComparable ? figure('Difference', change === 0 ? '0 %' : `${change < 0 ? '−' : '+'}${Math.abs(change)} %`, ours === theirs ? 'as many' : `${plural(Math.abs(theirs - ours), 'instruction')} ${ours < theirs ? 'fewer' : 'more'}`) : '',
    figure('Equal to the filter', data.proof.proven ? 'Proven' : 'Not proven', h('a', { href: '#proof' }, data.proof.proven ? (data.proof.relation === 'strict' ? 'for every packet' : 'for every whole packet') : 'why'), data.proof.proven ? 'good' : 'bad'));
}

const SECTIONS = { programs: 'Programs', packet: 'Packet', passes: 'Passes', proof: 'Proof' };

function page(data) {
  const link = new Link(data);
  const box = new PacketBox(data);
  const passes = passesSection(data);
  const { options } = data;
  document.title = `${data.filter.text || 'empty filter'} · bpfopt report`;
  document.body.append(
    h('header', { class: 'page' },
      h('div', { class: 'brand' }, h('span', {}, h('b', {}, 'bpfopt'), ' report'),
        h('nav', { 'aria-label': 'Sections' }, Object.entries(SECTIONS).map(([id, name]) => h('a', { href: `#${id}` }, name))), themeButton()),
      h('h1', {}, filterText(data, link)),
      h('p', { class: 'lead' }, `A tcpdump filter on ${options.link_type_description || options.link_type} (${options.link_type}), compiled twice into BPF, the small program that is run on every packet: by libpcap, as tcpdump has it, and by bpfopt, which proves that its own is the same filter.`),
      figures(data),
      data.diagnostics.map(({ severity, message }) => h('p', { class: 'note' }, h('b', {}, severity), `: ${message}`))),
    h('main', {}, programsSection(data, link), box.element, passes.section, proofSection(data)),
    h('footer', { class: 'page' },
      `bpfopt ${data.version}, ${data.libpcap_version}. Link type ${options.link_type}, snapshot length ${options.snaplen}, target ${options.target}, `,
      `relation ${options.relation}, objective ${options.objective}, -O${options.level}. This page is one file and asks the network for nothing.`),
  );
  passes.start();
}

page(pageData());
