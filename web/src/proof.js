// What was proven, against what, and what it took; and the programs that were considered.
import { duration, h, plural } from './dom.js';

const RELATIONS = {
  faithful: 'For every packet that was captured whole, of whatever content and length, the two give the same verdict; and on a packet cut short the result never ends early where the source accepts.',
  strict: 'For every packet, of whatever content, captured length and wire length, the two give the same verdict.',
};

function sourceText({ source, source_instructions: size, source_reason: reason }) {
  if (source === 'libpcap') return `libpcap's own program for the filter with its optimizer switched off (tcpdump -O -d): ${plural(size, 'instruction')}. So a mistake of bpfopt's parser would be caught, not blessed.`;
  if (source === 'lowering') return `bpfopt's own plain translation of the filter, ${plural(size, 'instruction')}, since libpcap's cannot serve: ${reason}.`;
  return `the program given: ${plural(size, 'instruction')}.`;
}

function answerText(proof) {
  if (!proof.proven) return 'Not proven: the options leave the proof out, or it ran out of its budget.';
  if (proof.nodes === 0) return 'Equal: the result is the source itself.';
  const queries = proof.queries === 0 ? 'without asking the SMT solver: decision diagrams were enough' : `${plural(proof.queries, 'query').replace(/querys$/, 'queries')} to the SMT solver (Z3, ${proof.steps.toLocaleString('en')} steps)`;
  return `Equal. It took ${duration(proof.milliseconds)}, ${plural(proof.nodes, 'pair')} of program points, ${queries}.`;
}

function judgedText({ answer, detail }, { relation, source, source_reason: reason }) {
  if (answer === 'equal') return `Equal too, ${relation}.`;
  if (answer === 'undecided') return `Undecided within the budget${detail ? `: ${detail}` : ''}.`;
  return ['Different. Here is a packet that the filter and the program do not agree on.',
    source === 'lowering' ? ` (libpcap's program was not what bpfopt's was held to: ${reason}.)` : '', h('pre', { class: 'wrap' }, detail)];
}

function boundText({ lower_bound: bound, ours }) {
  const size = ours.instructions.length;
  if (size === 1) return 'A program has at least one instruction, and this one has no more.';
  const proven = `No program of fewer than ${plural(bound, 'instruction')} is equal to the source; that is proven as well, by packets that any equal program must tell apart. `;
  return proven + (size === bound ? 'So this one is as small as can be.' : `This one has ${size}; whether fewer would do is open.`);
}

function candidatesTable(candidates) {
  return h('details', {}, h('summary', {}, `${plural(candidates.length, 'program')} considered`),
    h('p', { class: 'note' }, 'Ways to compile the filter, the best first. "Path" is the mean number of instructions executed for a packet, by a fixed guess at traffic.'),
    h('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Programs considered' }, h('table', {},
      h('thead', {}, h('tr', {}, h('th', {}, 'way'), h('th', { class: 'n' }, 'instructions'), h('th', { class: 'n' }, 'path'), h('th', {}, 'outcome'))),
      h('tbody', {}, candidates.map((each) => h('tr', {}, h('td', { class: 'mono' }, each.name), h('td', { class: 'n' }, each.instructions),
        h('td', { class: 'n' }, each.expected_path.toFixed(2)), h('td', {}, each.outcome, each.detail ? ` (${each.detail})` : '')))))));
}

export function proofSection(data) {
  const { proof } = data;
  const fact = (name, ...content) => [h('dt', {}, name), h('dd', {}, content)];
  return h(
    'section',
    { 'aria-labelledby': 'proof' },
    h('h2', { id: 'proof' }, 'Is it the same filter?'),
    h('p', { class: 'lead' }, 'A smaller program is worth nothing if it lets through other packets. This one was compared with its source over all packets at once, by a verifier with an understanding of BPF of its own, none of the compiler\'s.'),
    h('dl', { class: 'facts' },
      fact('Asked', h('b', {}, proof.relation), `: ${RELATIONS[proof.relation]}`),
      fact('Source', sourceText(proof)),
      fact('Answer', h('span', { class: proof.proven ? 'good' : 'bad', id: 'proof-answer' }, answerText(proof))),
      data.libpcap.judged ? fact("libpcap's optimized program", judgedText(data.libpcap.judged, proof)) : '',
      fact('Smallest possible', boundText(data))),
    candidatesTable(data.candidates),
  );
}
