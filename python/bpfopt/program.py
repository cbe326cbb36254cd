"""Programs: compiled from filters, optimized, compared, run, printed, attached."""

from __future__ import annotations

import ctypes
import socket
import struct
from ctypes import byref, c_int, c_size_t, c_uint32, c_void_p
from typing import Any, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from bpfopt import _native
from bpfopt._native import Compiler, SockFilter, SockFprog, library
from bpfopt.language import Predicate, draws

_SO_ATTACH_FILTER = getattr(socket, "SO_ATTACH_FILTER", 26)
_INSTRUCTION = struct.Struct("=HBBI")


class Instruction(NamedTuple):
    """One of classic BPF; `jt` and `jf` count from the next one."""

    code: int
    jt: int
    jf: int
    k: int


class Diagnostic(NamedTuple):
    """What there is to say about a filter beside its program; the place may be unknown, and is None then."""

    severity: str  # "note" or "warning"
    message: str
    offset: Optional[int]
    length: Optional[int]


class Counterexample(NamedTuple):
    """A packet that tells two programs apart; `text` says all that is needed to see it."""

    packet: bytes
    wire_length: int
    text: str


class Verdict(NamedTuple):
    """`answer` is "equal", "different" or "undecided"; of implies() "equal" says that it holds."""

    answer: str
    reason: str
    counterexample: Optional[Counterexample]

    def __bool__(self) -> bool:
        return self.answer == "equal"


class Program(Sequence):
    """A classic BPF program: an immutable sequence of instructions.

    Made by compile() and optimize(), or of instructions, of the bytes of struct sock_filter, or by parse() of
    any text that bpfopt reads.
    """

    def __init__(self, instructions: Union[bytes, Iterable[Tuple[int, int, int, int]]]) -> None:
        if isinstance(instructions, (bytes, bytearray, memoryview)):
            instructions = _INSTRUCTION.iter_unpack(bytes(instructions))
        self._instructions = tuple(Instruction(*each) for each in instructions)
        self._target: Optional[str] = None
        self._relation: Optional[str] = None
        self._handle: Optional[_Result] = None
        self.diagnostics: List[Diagnostic] = []

    @classmethod
    def parse(cls, text: Union[str, bytes]) -> "Program":
        """A program in any of the formats that bpfopt reads, recognised by content."""
        data = text.encode() if isinstance(text, str) else bytes(text)
        first = ctypes.POINTER(SockFilter)()
        count = c_size_t()
        with Compiler() as compiler:
            shown = data.decode(errors="replace")
            compiler.call("parse", data, len(data), byref(first), byref(count), text=shown)
        try:
            return cls(_tuples(first, count.value))
        finally:
            library.bpfopt_free_instructions(first)

    # As a sequence, and as bytes.

    def __len__(self) -> int:
        return len(self._instructions)

    def __getitem__(self, index: Any) -> Any:
        return self._instructions[index]

    def __iter__(self) -> Iterator[Instruction]:
        return iter(self._instructions)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Program) and self._instructions == other._instructions

    def __hash__(self) -> int:
        return hash(self._instructions)

    def __bytes__(self) -> bytes:
        """An array of struct sock_filter in this machine's byte order."""
        return b"".join(_INSTRUCTION.pack(*each) for each in self._instructions)

    def __repr__(self) -> str:
        state = ", proven" if self.proven else ""
        return f"<bpfopt.Program of {len(self)} instructions{state}>"

    def __str__(self) -> str:
        return self.asm

    # As text.

    def format(self, name: str) -> str:
        """As "asm", "c", "decimal", "json", "iptables" or "bpf_asm"."""
        with Compiler() as compiler:
            return compiler.take_text("format", *self._pointer(), name.encode())

    @property
    def asm(self) -> str:
        """As `tcpdump -d` prints it, without a final line feed."""
        return self.format("asm").rstrip("\n")

    @property
    def iptables(self) -> str:
        """One line for `iptables -m bpf --bytecode` and tc."""
        return self.format("iptables").rstrip("\n")

    # What is known of it.

    @property
    def proven(self) -> bool:
        """Is it proven equal to what it was made of?"""
        return self._handle is not None and library.bpfopt_result_is_proven(self._handle.pointer) == 1

    @property
    def source(self) -> Optional["Program"]:
        """What it is proven against: of a filter libpcap's unoptimized program, or bpfopt's own."""
        return None if self._handle is None else Program(self._handle.instructions("source"))

    @property
    def warnings(self) -> List[str]:
        return [each.message for each in self.diagnostics if each.severity == "warning"]

    # What can be done with it.

    def optimize(self, **options: Any) -> "Program":
        return optimize(self, **options)

    def verify(self, source: Optional["Program"] = None, **options: Any) -> Verdict:
        """Is this program equal to `source`, or to what it was made of?"""
        if source is not None:
            return verify(source, self, **options)
        if self._handle is None:
            raise TypeError("this program was not compiled from anything: verify(SOURCE) is needed")
        with Compiler(**options) as compiler:
            return _verdict(compiler, "verify_result", self._handle.pointer)

    def run(self, packet: bytes, wire_length: Optional[int] = None, **options: Any) -> int:
        """How many bytes of the packet to keep; 0 rejects it."""
        options.setdefault("target", self._target)
        verdict = c_uint32()
        data = bytes(packet)
        length = len(data) if wire_length is None else wire_length
        with Compiler(**options) as compiler:
            compiler.call("run", *self._pointer(), data, len(data), length, byref(verdict))
        return verdict.value

    def sock_fprog(self) -> SockFprog:
        """struct sock_fprog for SO_ATTACH_FILTER; its instructions live as long as it does."""
        array = self._array()
        fprog = SockFprog(len(self), array)
        fprog._array = array
        return fprog

    def attach(self, sock: Any) -> None:
        """Has the kernel keep only what this program accepts of what `sock` receives from now on."""
        fprog = self.sock_fprog()  # alive while the kernel reads through its pointer
        sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, bytes(fprog))

    def _array(self) -> Any:
        return (SockFilter * len(self))(*self._instructions)

    def _pointer(self) -> Tuple[Any, int]:
        return self._array(), len(self)


class _Result:
    """A bpfopt_result, freed with the last program that needs it."""

    def __init__(self, pointer: c_void_p) -> None:
        self.pointer = pointer

    def __del__(self) -> None:
        library.bpfopt_result_free(self.pointer)

    def instructions(self, which: str) -> List[Tuple[int, int, int, int]]:
        count = c_size_t()
        first = getattr(library, "bpfopt_result_" + which)(self.pointer, byref(count))
        return _tuples(first, count.value)

    def diagnostics(self) -> Iterator[Diagnostic]:
        severity, offset, length = c_int(), c_size_t(), c_size_t()
        index = 0
        while True:
            message = library.bpfopt_result_diagnostic(
                self.pointer, index, byref(severity), byref(offset), byref(length)
            )
            if message is None:
                return
            has_place = offset.value != c_size_t(-1).value
            place = (offset.value, length.value) if has_place else (None, None)
            yield Diagnostic("warning" if severity.value == 1 else "note", message.decode(), *place)
            index += 1


def _tuples(first: Any, count: int) -> List[Tuple[int, int, int, int]]:
    return [(each.code, each.jt, each.jf, each.k) for each in first[:count]]


def _program(pointer: c_void_p, target: Optional[str]) -> Program:
    result = _Result(pointer)
    program = Program(result.instructions("instructions"))
    program._handle = result
    program._target = target
    program.diagnostics = list(result.diagnostics())
    return program


def compile(filter: Union[str, Predicate], **options: Any) -> Program:
    """The program for a filter. Options, each with the command's default:

    link_type: a DLT_ name such as "EN10MB", or its number. snaplen, netmask (numbers). target: "pcap", "linux"
    or "seccomp"; by default "pcap", and "linux" for filters with rand(), which only that can run.
    level: 0 to 3. relation: "faithful" (default) or "strict". objective: "balanced", "size" or "speed".
    proof: "on", "off" or "required". limit: of instructions. protochain_depth. disabled_passes: names.
    origin: "interface", "savefile" or "swapped-savefile". hosts: hosts(5) text, a mapping of names to
    addresses, or a function from a name to a list of them. read_file: a function from the name in `@NAME` to
    its text. smt_steps, proof_steps, proof_nodes, search: budgets in steps. time_limit: in seconds; whether
    Cancelled is raised then depends on the machine.
    """
    text = str(filter)
    if options.get("target") is None:
        options["target"] = "linux" if draws(text) else "pcap"
    made = c_void_p()
    with Compiler(**options) as compiler:
        compiler.call("compile", text.encode(), byref(made), text=text)
    return _program(made, options["target"])


def optimize(program: Union[Program, str, bytes], **options: Any) -> Program:
    """A smaller program that is equal, by default under "strict"; text and bytes are read as parse() does."""
    given = program if isinstance(program, Program) else Program.parse(program)
    options.setdefault("target", given._target)
    made = c_void_p()
    with Compiler(**options) as compiler:
        compiler.call("optimize", *given._pointer(), byref(made))
    return _program(made, options["target"])


_ANSWERS = ("equal", "different", "undecided")


def _verdict(compiler: Compiler, question: str, *programs: Any) -> Verdict:
    handle = c_void_p()
    answer = _ANSWERS[compiler.call(question, *programs, byref(handle))]
    try:
        text = library.bpfopt_verdict_text(handle).decode()
        captured, wire = c_size_t(), c_uint32()
        packet = library.bpfopt_verdict_packet(handle, byref(captured), byref(wire))
        if not packet:
            return Verdict(answer, text, None)
        data = ctypes.string_at(packet, captured.value)
        return Verdict(answer, "", Counterexample(data, wire.value, text))
    finally:
        library.bpfopt_verdict_free(handle)


def _ask(question: str, first: Program, second: Program, options: dict) -> Verdict:
    options.setdefault("target", first._target or second._target)
    with Compiler(**options) as compiler:
        return _verdict(compiler, question, *first._pointer(), *second._pointer())


def verify(source: Program, result: Program, **options: Any) -> Verdict:
    """Are the two equal for all packets, by default under "strict"? A Verdict is true when they are."""
    return _ask("verify", source, result, options)


def implies(a: Program, b: Program, **options: Any) -> Verdict:
    """Does `b` accept every packet that `a` accepts?"""
    return _ask("implies", a, b, options)


def attach_filter(sock: Any, bpf_filter: Union[str, Predicate, Program], iface: Any = None, **options: Any) -> None:
    """scapy.arch.linux.attach_filter's place can be taken by this: the filter is compiled by bpfopt.

    `iface` is taken for that, and has no part in it: give link_type where it is not Ethernet.
    """
    options.setdefault("target", "linux")
    program = bpf_filter if isinstance(bpf_filter, Program) else compile(bpf_filter, **options)
    program.attach(sock)


def passes() -> List[str]:
    """The names of the passes, for disabled_passes."""
    names = []
    while True:
        name = library.bpfopt_pass_name(len(names))
        if name is None:
            return names
        names.append(name.decode())


def version() -> str:
    return _native.library.bpfopt_version().decode()
