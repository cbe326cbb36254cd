// The packet box: bytes in, the paths of both programs out.
import { parseLine } from './align.js';
import { ANCILLARY_NAMES, ancillaryWords, run } from './bpf.js';
import { parseCapture, parseHexPackets } from './capture.js';
import { dissect } from './dissect.js';
import { h, hex, plural } from './dom.js';

const MOST_ROWS = 1000; // of a capture's table
const MOST_BYTES = 2048; // of a packet that are shown

const ENDS = {
  return: '', fault: 'the program ends at a load past the captured bytes', division: 'the program ends at a division by 0',
  malformed: 'the program is malformed',
};

const isAccepted = (outcome) => outcome.verdict !== 0;

function verdictText(outcome) {
  return isAccepted(outcome) ? `Accepts, keeping up to ${outcome.verdict} bytes` : 'Rejects';
}

/** On a phone half as many have room. */
const bytesPerLine = () => (matchMedia('(max-width: 30rem)').matches ? 8 : 16);

function spacedHex(bytes) {
  const perLine = bytesPerLine();
  const pairs = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
  const lines = [];
  for (let i = 0; i < pairs.length; i += perLine) lines.push(pairs.slice(i, i + perLine).join(' '));
  return lines.join('\n');
}

function bytesOf(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** Scrolls the row's own box, and not the page. */
function keepInView(row) {
  const box = row.closest('.steps');
  const [room, place] = [box.getBoundingClientRect(), row.getBoundingClientRect()];
  const top = room.top + box.querySelector('thead').offsetHeight;
  const bottom = room.top + box.clientHeight;
  if (place.top < top) box.scrollTop -= top - place.top;
  else if (place.bottom > bottom) box.scrollTop += place.bottom - bottom;
}

export class PacketBox {
  constructor(data) {
    this.data = data;
    this.sides = [{ name: 'ours', title: 'bpfopt', program: data.ours.instructions }];
    if (data.libpcap.instructions) this.sides.push({ name: 'theirs', title: 'libpcap', program: data.libpcap.instructions });
    this.target = data.options.target;
    this.ancillary = {};
    this.packet = null;
    this.step = 0;
    this.build();
  }

  // --- what is there to press ---

  build() {
    this.text = h('textarea', {
      id: 'packet-hex', spellcheck: 'false', autocomplete: 'off', 'aria-describedby': 'packet-help',
      placeholder: '00 11 22 33 44 55 66 77 88 99 aa bb 08 00 45 00 …', oninput: () => this.readText(),
    });
    this.wire = h('input', { id: 'wire', type: 'number', min: 0, max: 4294967295, oninput: () => this.readText() });
    this.problem = h('p', { class: 'problem', role: 'status', id: 'packet-problem' });
    this.list = h('div', {});
    this.result = h('div', { id: 'packet-result' });
    this.announcement = h('p', { class: 'unseen', role: 'status' });
    const file = h('input', {
      type: 'file', id: 'packet-file', 'aria-label': 'Capture file',
      onchange: () => file.files[0] && this.readFile(file.files[0]),
    });
    this.drop = h('div', { class: 'drop' }, h('p', {}, 'Or drop a capture here: pcap or pcapng.'), file,
      h('p', { class: 'note' }, 'It stays in this page: nothing is sent anywhere.'));
    this.acceptDrops();
    const examples = [];
    if (this.data.example) {
      examples.push(h('button', { type: 'button', id: 'packet-example', onclick: () => this.show(bytesOf(this.data.example.hex), this.data.example.wire_length) },
        'A packet that matches'));
    }
    if (this.data.rejected_example) {
      examples.push(h('button', { type: 'button', id: 'packet-rejected', onclick: () => this.show(bytesOf(this.data.rejected_example.hex), this.data.rejected_example.wire_length) },
        'One that does not'));
    }
    const disagreement = this.data.libpcap.judged?.packet;
    if (disagreement) {
      examples.push(h('button', { type: 'button', id: 'packet-difference', onclick: () => this.show(bytesOf(disagreement.hex), disagreement.wire_length) },
        'A packet that libpcap gets wrong'));
    }
    this.element = h(
      'section',
      { 'aria-labelledby': 'packet' },
      h('h2', { id: 'packet' }, 'What they do with a packet'),
      h('p', { class: 'lead', id: 'packet-help' }, `Paste a packet in hexadecimal from its link header (${this.data.options.link_type}) on, as `, h('code', {}, 'tcpdump -xx'), ', ',
        'Wireshark, ', h('code', {}, 'xxd'), ' or ', h('code', {}, 'hexdump -C'), ' show it; or several. Both programs run on it here, one instruction at a time.'),
      h('div', { class: 'packet-input' },
        h('div', {}, h('label', { for: 'packet-hex', class: 'note' }, 'Packet'), this.text,
          h('div', { class: 'controls' }, examples,
            h('label', { class: 'field' }, 'Length on the wire', this.wire), this.ancillaryInputs())),
        this.drop),
      this.problem,
      this.list,
      this.announcement,
      this.result,
    );
  }

  ancillaryInputs() {
    const words = new Set(this.sides.flatMap(({ program }) => ancillaryWords(program, this.target)));
    return [...words].map((offset) => h('label', { class: 'field' }, ANCILLARY_NAMES[offset], h('input', {
      type: 'number', min: 0, max: 4294967295, value: 0,
      oninput: (event) => {
        this.ancillary[offset] = Number(event.target.value) || 0;
        this.rerun();
      },
    })));
  }

  acceptDrops() {
    this.drop.addEventListener('dragover', (event) => {
      event.preventDefault();
      this.drop.classList.add('over');
    });
    this.drop.addEventListener('dragleave', () => this.drop.classList.remove('over'));
    this.drop.addEventListener('drop', (event) => {
      event.preventDefault();
      this.drop.classList.remove('over');
      if (event.dataTransfer.files[0]) this.readFile(event.dataTransfer.files[0]);
    });
  }

  // --- packets ---

  show(bytes, wireLength) {
    this.text.value = spacedHex(bytes);
    this.wire.value = wireLength;
    this.setPacket({ bytes, wireLength });
  }

  readText() {
    this.problem.textContent = '';
    try {
      const packets = parseHexPackets(this.text.value);
      if (packets.length > 1) return this.listText(packets);
      const [bytes] = packets;
      this.setPacket({ bytes, wireLength: this.wire.value === '' ? bytes.length : Number(this.wire.value) });
    } catch (error) {
      this.setPacket(null);
      if (this.text.value.trim() !== '') this.problem.textContent = error.message;
    }
  }

  /** What was pasted has several packets: the same as a capture. */
  listText(packets) {
    const linkType = this.data.options.link_type_number;
    this.listPackets('The text', { packets: packets.map((bytes) => ({ bytes, wireLength: bytes.length, linkType })), error: null });
  }

  async readFile(file) {
    this.problem.textContent = '';
    this.list.replaceChildren();
    try {
      const capture = parseCapture(await file.arrayBuffer());
      this.listPackets(file.name, capture);
    } catch (error) {
      this.problem.textContent = `${file.name}: ${error.message}`;
    }
  }

  listPackets(name, { packets, error }) {
    const outcomes = packets.map((packet) => this.sides.map(({ program }) => this.runOn(program, packet)));
    const counts = this.sides.map((side, i) => `${side.title} accepts ${outcomes.filter((each) => isAccepted(each[i])).length}`);
    const foreign = packets.filter((packet) => packet.linkType !== this.data.options.link_type_number).length;
    const rows = packets.slice(0, MOST_ROWS).map((packet, i) => h(
      'tr',
      { tabindex: i === 0 ? 0 : -1, 'aria-selected': 'false', onclick: () => select(i), onfocus: () => select(i), onkeydown: (event) => move(event, i) },
      h('td', { class: 'n' }, i + 1),
      outcomes[i].map((outcome) => h('td', { class: isAccepted(outcome) ? 'good' : '' }, isAccepted(outcome) ? 'accepts' : 'rejects')),
      h('td', { class: 'mono' }, dissect(packet.bytes, packet.linkType)),
      h('td', { class: 'n' }, packet.bytes.length),
      h('td', { class: 'n' }, packet.wireLength),
      outcomes[i].map((outcome) => h('td', { class: 'n' }, outcome.executed)),
    ));
    const move = (event, i) => {
      const places = { ArrowDown: i + 1, ArrowUp: i - 1, Home: 0, End: rows.length - 1 };
      if (!(event.key in places)) return;
      event.preventDefault();
      rows[places[event.key]]?.focus();
    };
    let selected = -1;
    const select = (i) => {
      if (i === selected) return;
      selected = i;
      rows.forEach((row, j) => {
        row.setAttribute('aria-selected', String(i === j));
        row.tabIndex = i === j ? 0 : -1;
      });
      this.show(packets[i].bytes, packets[i].wireLength);
    };
    this.list.replaceChildren(
      h('p', { id: 'capture-summary' }, `${name}: ${plural(packets.length, 'packet')}; ${counts.join(', ')}.`),
      foreign > 0 ? h('p', { class: 'problem' }, `${plural(foreign, 'packet')} of another link type than ${this.data.options.link_type}: the programs read them wrongly.`) : '',
      error ? h('p', { class: 'problem' }, error) : '',
      packets.length > 0 ? h('p', { class: 'note' }, 'Choose one to see both programs run on it; up and down go through them. "Runs": how many instructions were executed.') : '',
      packets.length > MOST_ROWS ? h('p', { class: 'note' }, `The first ${MOST_ROWS} are listed.`) : '',
      h('div', { class: 'capture' }, h('table', { 'aria-label': `Packets of ${name}` },
        h('thead', {}, h('tr', {}, h('th', { class: 'n' }, 'No.'), this.sides.map((side) => h('th', {}, side.title)), h('th', {}, 'packet'),
          ['captured', 'on the wire', ...this.sides.map((side) => `${side.title} runs`)].map((name) => h('th', { class: 'n' }, name)))),
        h('tbody', {}, rows))),
    );
    if (packets.length > 0) select(0);
  }

  // --- runs ---

  runOn(program, { bytes, wireLength }) {
    return run(program, { target: this.target, packet: bytes, wireLength, ancillary: this.ancillary });
  }

  setPacket(packet) {
    this.packet = packet;
    this.rerun();
  }

  rerun() {
    for (const row of document.querySelectorAll('.row.lit, .row.now')) row.classList.remove('lit', 'now');
    this.result.replaceChildren();
    if (!this.packet) return;
    this.outcomes = this.sides.map(({ program }) => this.runOn(program, this.packet));
    this.outcomes.forEach((outcome, i) => {
      for (const { pc } of outcome.steps) {
        document.querySelector(`.row.${this.sides[i].name}[data-index="${pc}"]`)?.classList.add('lit');
      }
    });
    this.last = Math.max(...this.outcomes.map((outcome) => outcome.executed)) - 1;
    this.drawResult();
    this.setStep(this.last);
  }

  drawResult() {
    this.slider = h('input', {
      type: 'range', min: 0, max: this.last, value: this.last, id: 'step', 'aria-label': 'Step of the run',
      oninput: () => this.setStep(Number(this.slider.value)),
    });
    this.stepText = h('output', { for: 'step' });
    this.tables = this.outcomes.map((outcome, i) => this.traceTable(outcome, this.sides[i]));
    this.dump = h('div', { class: 'bytes scroll', tabindex: 0, role: 'group', 'aria-label': 'Bytes of the packet' });
    this.announcement.textContent = this.outcomes.map((outcome, i) => `${this.sides[i].title}: ${verdictText(outcome)}`).join('. ');
    const words = dissect(this.packet.bytes, this.data.options.link_type_number);
    this.result.replaceChildren(
      words ? h('p', { class: 'mono', id: 'packet-words' }, words) : '',
      h('div', { class: 'verdicts' }, this.outcomes.map((outcome, i) => h(
        'div',
        { class: `verdict ${isAccepted(outcome) ? 'accepts' : 'rejects'}`, 'data-side': this.sides[i].name, 'data-verdict': outcome.verdict },
        h('span', { class: 'note' }, this.sides[i].title),
        h('strong', {}, verdictText(outcome)),
        h('span', { class: 'note' }, `verdict ${outcome.verdict}; ${plural(outcome.executed, 'instruction')} executed`,
          ENDS[outcome.end] ? `; ${ENDS[outcome.end]}` : ''),
      ))),
      this.disagreement(),
      h('div', { class: 'controls' },
        h('button', { type: 'button', onclick: () => this.setStep(this.step - 1), 'aria-label': 'Previous step' }, '‹'),
        this.slider,
        h('button', { type: 'button', onclick: () => this.setStep(this.step + 1), 'aria-label': 'Next step' }, '›'),
        this.stepText),
      h('div', { class: 'traces' }, this.tables.map(({ table, title }) => h('div', { class: 'scroll steps', tabindex: 0, role: 'group', 'aria-label': `Steps of ${title}` }, table))),
      h('h3', {}, 'Bytes'),
      h('p', { class: 'note' }, 'Marked: what the instructions of this step read.'),
      this.dump,
    );
  }

  disagreement() {
    const [ours, theirs] = this.outcomes;
    if (!theirs || ours.verdict === theirs.verdict) return '';
    return h('p', { class: 'problem' }, 'The two programs do not agree on this packet: ', h('a', { href: '#proof' }, 'what was proven of them'), '.');
  }

  traceTable(outcome, side) {
    let before = { a: 0, x: 0 };
    const rows = outcome.steps.map((step) => {
      const { mnemonic, operand } = parseLine(side.program[step.pc].text);
      const value = (register) => h('td', { class: step[register] === before[register] ? '' : 'fresh' }, hex(step[register]));
      const effects = [];
      if (step.stored) effects.push(`M[${step.stored.word}] = ${hex(step.stored.value)}`);
      if (step.taken !== null) effects.push(`${step.taken ? 'yes' : 'no'}, to ${step.next}`);
      if (step.asked) effects.push(`${step.asked}, as given`);
      const row = h('tr', {}, h('td', {}, String(step.pc).padStart(3, '0')), h('td', {}, `${mnemonic} ${operand}`), value('a'), value('x'), h('td', {}, effects.join('; ')));
      before = step;
      return row;
    });
    const table = h('table', { class: 'trace', 'aria-label': `Steps of ${side.title}` },
      h('thead', {}, h('tr', {}, ['No.', side.title, 'A', 'X', 'then'].map((name) => h('th', {}, name)))),
      h('tbody', {}, rows));
    return { table, rows, title: side.title };
  }

  setStep(step) {
    this.step = Math.min(Math.max(step, 0), this.last);
    this.slider.value = this.step;
    this.stepText.textContent = `step ${this.step + 1} of ${this.last + 1}`;
    const reads = [];
    this.outcomes.forEach((outcome, i) => {
      const now = Math.min(this.step, outcome.steps.length - 1);
      this.tables[i].rows.forEach((row, j) => {
        row.className = j === now ? 'now' : j > now ? 'later' : '';
      });
      keepInView(this.tables[i].rows[now]);
      for (const row of document.querySelectorAll(`.row.${this.sides[i].name}.now`)) row.classList.remove('now');
      document.querySelector(`.row.${this.sides[i].name}[data-index="${outcome.steps[now].pc}"]`)?.classList.add('now');
      const read = outcome.steps[now].read;
      if (read && this.step < outcome.steps.length) reads.push(read);
    });
    this.drawBytes(reads);
  }

  drawBytes(reads) {
    const { bytes } = this.packet;
    const perLine = bytesPerLine();
    const isRead = (at) => reads.some(({ address, width }) => at >= address && at < address + width);
    const lines = [];
    for (let line = 0; line < Math.min(bytes.length, MOST_BYTES); line += perLine) {
      const cells = [...bytes.subarray(line, line + perLine)].map((byte, i) => {
        const text = byte.toString(16).padStart(2, '0');
        return [isRead(line + i) ? h('mark', {}, text) : text, i === 7 ? '  ' : ' '];
      });
      lines.push(h('div', {}, h('span', { class: 'offset' }, `${line.toString(16).padStart(4, '0')}  `), cells));
    }
    if (bytes.length === 0) lines.push(h('div', {}, 'no bytes captured'));
    if (bytes.length > MOST_BYTES) lines.push(h('div', {}, `… ${bytes.length - MOST_BYTES} more`));
    this.dump.replaceChildren(...lines);
  }
}
