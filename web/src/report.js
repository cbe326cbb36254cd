// The page of `bpfopt report`.
import { h, pageData, plural, themeButton } from './dom.js';
import { PacketBox } from './packet.js';
import { passesSection } from './passes.js';
import { filterText, Link, programsSection } from './programs.js';
import { proofSection } from './proof.js';

function figures(data) {
  const figure = (name, value, note, kind = '') => h('div', {}, h('dt', {}, name), h('dd', { class: kind }, value, h('small', {}, note)));
  const ours = data.ours.instructions.length;
  const theirs = data.libpcap.instructions?.length;
  const isWrong = data.libpcap.judged?.answer === 'different';
  return h('dl', { class: 'figures' },
    figure('bpfopt', ours, `instructions, of at least ${data.lower_bound}`),
    isWrong ? figure('libpcap', theirs, 'instructions, for another filter', 'bad') : figure('libpcap', theirs ?? '—', theirs === undefined ? 'refuses the filter' : 'instructions'),
    theirs === undefined || isWrong ? '' : figure('Difference', ours === theirs ? '0 %' : `${ours < theirs ? '−' : '+'}${Math.abs(Math.round(100 * (ours / theirs - 1)))} %`, `${plural(Math.abs(theirs - ours), 'instruction')} ${ours <= theirs ? 'fewer' : 'more'}`),
    figure('Equal to the filter', data.proof.proven ? 'Proven' : 'Not proven', data.proof.relation, data.proof.proven ? 'good' : 'bad'));
}

function page(data) {
  const link = new Link(data);
  const box = new PacketBox(data);
  const passes = passesSection(data);
  const { options } = data;
  document.title = `${data.filter.text || 'empty filter'} · bpfopt report`;
  document.body.append(
    h('header', { class: 'page' },
      h('div', { class: 'brand' }, h('span', {}, h('b', {}, 'bpfopt'), ' report'), themeButton()),
      h('h1', {}, filterText(data, link)),
      h('p', { class: 'lead' }, `A tcpdump filter for ${options.link_type_description || options.link_type} (${options.link_type}), compiled to BPF by bpfopt, beside what libpcap makes of it.`),
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
