// Classic BPF, one instruction at a time: the meaning of docs/proof.md, as bpf/interpreter.cc has it.

const CLASS = { ld: 0, ldx: 1, st: 2, stx: 3, alu: 4, jmp: 5, ret: 6, misc: 7 };
const MODE = { imm: 0x00, abs: 0x20, ind: 0x40, mem: 0x60, len: 0x80, msh: 0xa0 };
const SCRATCH_WORDS = 16;
const LINK_LAYER_OFFSET = 0xffe00000;
const ANCILLARY_OFFSET = 0xfffff000;
const ANCILLARY_MAX = 64;

/** Linux's words beside the packet, by k - SKF_AD_OFF. */
export const ANCILLARY_NAMES = {
  0: 'protocol', 4: 'packet type', 8: 'interface index', 12: 'nlattr', 16: 'nlattr nest', 20: 'mark', 24: 'queue',
  28: 'hardware type', 32: 'receive hash', 36: 'cpu', 40: 'A xor X', 44: 'VLAN tag', 48: 'VLAN tag present',
  52: 'payload offset', 56: 'random', 60: 'VLAN TPID',
};

const widthOf = (code) => ((code & 0x18) === 0x10 ? 1 : (code & 0x18) === 0x08 ? 2 : 4);

/** The ancillary words that a program for Linux asks for, ascending. */
export function ancillaryWords(program, target) {
  const words = new Set();
  if (target !== 'linux') return [];
  for (const { code, k } of program) {
    const isAbsoluteLoad = (code & 0x07) === CLASS.ld && (code & 0xe0) === MODE.abs;
    const offset = k - ANCILLARY_OFFSET;
    if (isAbsoluteLoad && offset >= 0 && offset < ANCILLARY_MAX && offset !== 40) words.add(offset);
  }
  return [...words].sort((a, b) => a - b);
}

class Machine {
  constructor(program, { target = 'pcap', packet, wireLength = packet.length, ancillary = {} }) {
    Object.assign(this, { program, target, packet, wireLength, ancillary });
    this.a = 0;
    this.x = 0;
    this.scratch = new Array(SCRATCH_WORDS).fill(0);
    this.next = 0;
    this.end = null;
    this.verdict = 0;
  }

  run() {
    const steps = [];
    while (this.end === null) {
      const pc = this.next;
      if (pc >= this.program.length) {
        this.finish('malformed', 0);
        break;
      }
      this.next = pc + 1;
      this.read = null;
      this.stored = null;
      this.asked = null;
      this.taken = null;
      this.execute(this.program[pc]);
      steps.push({
        pc, a: this.a, x: this.x, read: this.read, stored: this.stored, asked: this.asked, taken: this.taken,
        next: this.end === null ? this.next : null,
      });
    }
    return { verdict: this.verdict, end: this.end, executed: steps.length, steps };
  }

  finish(end, verdict) {
    this.end = end;
    this.verdict = verdict >>> 0;
  }

  malformed() {
    this.finish('malformed', 0);
  }

  execute(instruction) {
    const { code, k } = instruction;
    switch (code & 0x07) {
      case CLASS.ld:
        return this.load(code, k);
      case CLASS.ldx:
        return this.loadX(code, k);
      case CLASS.st:
        return code === CLASS.st ? this.store(k, this.a) : this.malformed();
      case CLASS.stx:
        return code === CLASS.stx ? this.store(k, this.x) : this.malformed();
      case CLASS.alu:
        return this.compute(code, k);
      case CLASS.jmp:
        return this.jump(instruction);
      case CLASS.ret:
        if (code === 0x06) return this.finish('return', k);
        if (code === 0x16) return this.finish('return', this.a);
        return this.malformed();
      default:
        if (code === 0x07) this.x = this.a;
        else if (code === 0x87) this.a = this.x;
        else this.malformed();
    }
  }

  load(code, k) {
    switch (code) {
      case 0x00:
        this.a = k;
        return;
      case 0x60:
        return this.set('a', this.recall(k));
      case 0x80:
        this.a = this.length();
        return;
      case 0x20:
      case 0x28:
      case 0x30:
        return this.loadAbsolute(k, widthOf(code));
      case 0x40:
      case 0x48:
      case 0x50:
        if (this.target === 'seccomp') return this.malformed();
        return this.set('a', this.bytes(this.target === 'linux' ? (this.x + k) >>> 0 : this.x + k, widthOf(code)));
      default:
        return this.malformed();
    }
  }

  loadX(code, k) {
    switch (code) {
      case 0x01:
        this.x = k;
        return;
      case 0x61:
        return this.set('x', this.recall(k));
      case 0x81:
        this.x = this.length();
        return;
      case 0xb1: {
        if (this.target === 'seccomp') return this.malformed();
        const byte = this.bytes(k, 1);
        return this.set('x', byte === null ? null : (byte & 0xf) << 2);
      }
      default:
        return this.malformed();
    }
  }

  set(register, value) {
    if (value !== null) this[register] = value >>> 0;
  }

  length() {
    return this.target === 'seccomp' ? 64 : this.wireLength >>> 0;
  }

  recall(k) {
    if (k < SCRATCH_WORDS) return this.scratch[k];
    this.malformed();
    return null;
  }

  store(k, value) {
    if (k >= SCRATCH_WORDS) return this.malformed();
    this.scratch[k] = value;
    this.stored = { word: k, value };
  }

  loadAbsolute(k, width) {
    if (this.target === 'seccomp') {
      if (width !== 4 || k % 4 !== 0 || k >= 64) return this.malformed();
      let value = 0; // the host's order; shown for a little-endian one
      for (let i = 3; i >= 0; --i) value = value * 256 + (this.packet[k + i] ?? 0);
      this.read = { address: k, width };
      return this.set('a', value);
    }
    if (this.target === 'linux' && k >= ANCILLARY_OFFSET) return this.loadAncillary(k - ANCILLARY_OFFSET);
    this.set('a', this.bytes(k, width));
  }

  loadAncillary(offset) {
    if (offset >= ANCILLARY_MAX || offset % 4 !== 0) return this.malformed();
    if (offset === 40) {
      this.a = (this.a ^ this.x) >>> 0;
      return;
    }
    this.asked = ANCILLARY_NAMES[offset];
    this.a = (this.ancillary[offset] ?? 0) >>> 0;
  }

  /** The big-endian value at an address; null, and the end of the run, past the captured bytes. */
  bytes(address, width) {
    if (this.target === 'linux' && address >= LINK_LAYER_OFFSET && address < ANCILLARY_OFFSET) {
      this.asked = 'a word at a negative offset';
      return 0;
    }
    const isPast = address + width > this.packet.length || (this.target === 'linux' && address >= 2 ** 31);
    this.read = { address, width };
    if (isPast) {
      this.finish('fault', 0);
      return null;
    }
    let value = 0;
    for (let i = 0; i < width; ++i) value = value * 256 + this.packet[address + i];
    return value;
  }

  compute(code, k) {
    if (code === 0x84) {
      this.a = -this.a >>> 0;
      return;
    }
    if (code > 0xff) return this.malformed();
    const byX = (code & 0x08) !== 0;
    const right = byX ? this.x : k;
    const operation = code & 0xf0;
    if ((operation === 0x30 || operation === 0x90) && right === 0) {
      return byX ? this.finish('division', 0) : this.malformed();
    }
    if ((operation === 0x60 || operation === 0x70) && right >= 32 && !byX) return this.malformed();
    const value = this.result(operation, right);
    if (value === null) return this.malformed();
    this.a = value >>> 0;
  }

  result(operation, right) {
    switch (operation) {
      case 0x00:
        return this.a + right;
      case 0x10:
        return this.a - right;
      case 0x20:
        return Math.imul(this.a, right);
      case 0x30:
        return Math.floor(this.a / right);
      case 0x40:
        return this.a | right;
      case 0x50:
        return this.a & right;
      case 0x60:
      case 0x70:
        if (right >= 32 && this.target === 'pcap') return 0;
        return operation === 0x60 ? this.a << right % 32 : this.a >>> right % 32;
      case 0x90:
        return this.a % right;
      case 0xa0:
        return this.a ^ right;
      default:
        return null;
    }
  }

  jump({ code, jt, jf, k }) {
    if (code === 0x05) {
      this.next += k;
      return;
    }
    if (code > 0xff) return this.malformed();
    const right = (code & 0x08) !== 0 ? this.x : k;
    switch (code & 0xf0) {
      case 0x10:
        this.taken = this.a === right;
        break;
      case 0x20:
        this.taken = this.a > right;
        break;
      case 0x30:
        this.taken = this.a >= right;
        break;
      case 0x40:
        this.taken = (this.a & right) !== 0;
        break;
      default:
        return this.malformed();
    }
    this.next += this.taken ? jt : jf;
  }
}

/**
 * Runs a program ([{code, jt, jf, k}]) on a packet (Uint8Array).
 * Ends: return, fault (a load past the captured bytes), division (by X = 0), malformed.
 * @returns {{verdict: number, end: string, executed: number, steps: object[]}}
 */
export function run(program, input) {
  return new Machine(program, input).run();
}
