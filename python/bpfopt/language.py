"""Filters as Python expressions. They build filter text, which is what repr() and str() give:

    >>> from bpfopt import *
    >>> ip & udp & host("localhost")
    ip and udp and host localhost
    >>> when(tcp, port(80), udp & rand(0.1))
    when(tcp, port 80, udp and rand(0.1))
    >>> tcp.dst.port(443) | src.net("10.0.0.0/8") | ~icmp
    tcp dst port 443 or src net 10.0.0.0/8 or (not icmp)
    >>> ((tcp[tcpflags] & (tcp_syn | tcp_ack)) == tcp_syn) & (ip[2:2] > 40)
    ((tcp[13] & 18) = 2) and (ip[2:2] > 40)

`&`, `|` and `~` connect predicates. `and`, `or`, `not`, `if` and comparisons in a row ask a node for a truth
that only a packet gives: TypeError. Python gives `&` a tighter hold than `==`: mind the parentheses around a
comparison. `ip[2:2]` is filter text's: two bytes from offset 2. Names are looked up, and values checked, when
the filter is compiled. The words are those of pcap-filter(7) and bpfopt-filter(7).
"""

from __future__ import annotations

import decimal
import re
from typing import Any, Optional, Tuple, Union

from bpfopt._words import KEYWORDS

_NOT_A_BOOL = (
    "a filter is neither true nor false before it has seen a packet: connect filters by &, | and ~ (in place "
    "of `and`, `or` and `not`), and put comparisons in parentheses"
)


class Node:
    """A predicate or a number of a packet."""

    __slots__ = ()

    def __bool__(self) -> bool:
        raise TypeError(_NOT_A_BOOL)


class Predicate(Node):
    """What is true or false of a packet. Immutable; operators make new ones."""

    __slots__ = ("_connective", "_parts")

    def __init__(self, parts: Union[str, Tuple[str, ...]], connective: str = "") -> None:
        # With a connective each part is enclosed already, so a chain of hundreds is one flat text.
        self._parts: Tuple[str, ...] = (parts,) if isinstance(parts, str) else parts
        self._connective = connective

    def __str__(self) -> str:
        return f" {self._connective} ".join(self._parts)

    __repr__ = __str__

    def __and__(self, other: Any) -> "Predicate":
        return self._connect("and", other)

    def __or__(self, other: Any) -> "Predicate":
        return self._connect("or", other)

    def __invert__(self) -> "Predicate":
        return Predicate((f"not {self._enclosed()}",), "not")

    def compile(self, **options: Any) -> Any:
        """The program for this filter; bpfopt.compile() has the options."""
        from bpfopt.program import compile

        return compile(self, **options)

    def _connect(self, connective: str, other: Any) -> "Predicate":
        if isinstance(other, (Number, int)) and not isinstance(other, bool):
            raise TypeError(
                "a number of a packet is no filter: compare it, in parentheses, as in `ip & (ip[8] > 5)`"
            )
        if not isinstance(other, Predicate):
            return NotImplemented
        # and/or are read from the left: what stands left may stay a chain.
        first = self._parts if self._connective == connective else (self._enclosed(),)
        return Predicate(first + (other._enclosed(),), connective)

    def _enclosed(self) -> str:
        return f"({self})" if self._connective else str(self)


def _operand(value: Any) -> str:
    if isinstance(value, Number):
        return value._text
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"a number is expected, not {value!r}")
    if not -(1 << 31) <= value < 1 << 32:
        raise ValueError(f"numbers of a packet have 32 bits, {value} does not fit")
    return str(value & 0xFFFFFFFF)


def _infix(symbol: str, reflected: bool = False) -> Any:
    def apply(self: "Number", other: Any) -> "Number":
        if isinstance(other, Predicate):
            raise TypeError("a filter is no number; put comparisons in parentheses")
        left, right = (_operand(other), self._text) if reflected else (self._text, _operand(other))
        return Number(f"({left} {symbol} {right})")

    return apply


def _comparison(symbol: str) -> Any:
    def apply(self: "Number", other: Any) -> Predicate:
        return Predicate((f"{self._text} {symbol} {_operand(other)}",), "compare")

    return apply


class Number(Node):
    """A 32-bit number of a packet: bytes of it, its length, and arithmetic of these, modulo 2^32."""

    __slots__ = ("_text",)
    __hash__ = None  # type: ignore[assignment]  # == makes a predicate

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text

    __repr__ = __str__

    __add__, __radd__ = _infix("+"), _infix("+", True)
    __sub__, __rsub__ = _infix("-"), _infix("-", True)
    __mul__, __rmul__ = _infix("*"), _infix("*", True)
    __floordiv__, __rfloordiv__ = _infix("/"), _infix("/", True)
    __truediv__, __rtruediv__ = _infix("/"), _infix("/", True)
    __mod__, __rmod__ = _infix("%"), _infix("%", True)
    __and__, __rand__ = _infix("&"), _infix("&", True)
    __or__, __ror__ = _infix("|"), _infix("|", True)
    __xor__, __rxor__ = _infix("^"), _infix("^", True)
    __lshift__, __rlshift__ = _infix("<<"), _infix("<<", True)
    __rshift__, __rrshift__ = _infix(">>"), _infix(">>", True)

    def __neg__(self) -> "Number":
        return Number(f"(- {self._text})")

    __eq__, __ne__ = _comparison("="), _comparison("!=")  # type: ignore[assignment]
    __lt__, __le__ = _comparison("<"), _comparison("<=")
    __gt__, __ge__ = _comparison(">"), _comparison(">=")


_WORD = re.compile(r"[^\s!(),\"\\]+")


def _name(text: Any) -> str:
    """A name, which a backslash keeps from being a word of the language, or an address."""
    if not isinstance(text, str):
        raise TypeError(f"a name or an address is expected, not {text!r}")
    if not _WORD.fullmatch(text):
        raise ValueError(f"{text!r} is neither a name nor an address")
    return "\\" + text if text in KEYWORDS else text


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 32:
        raise ValueError(f"a number of 32 bits is expected, not {value!r}")
    return str(value)


def _value(value: Any) -> str:
    return _name(value) if isinstance(value, str) else _number(value)


class Qualifier:
    """Protocol and direction, waiting for what they are applied to: `src("box0")`, `tcp.dst.port(443)`."""

    __slots__ = ("_words",)

    def __init__(self, words: str) -> None:
        self._words = words

    def __repr__(self) -> str:
        return self._words

    def __bool__(self) -> bool:
        raise TypeError(_NOT_A_BOOL)

    def __call__(self, address: str) -> Predicate:
        return self._test(_name(address))

    def host(self, address: str) -> Predicate:
        return self._test("host", _name(address))

    def net(self, network: str, mask: Optional[str] = None) -> Predicate:
        return self._test("net", _name(network), *(() if mask is None else ("mask", _name(mask))))

    def port(self, port: Union[int, str]) -> Predicate:
        return self._test("port", _value(port))

    def portrange(self, first: Union[int, str], last: Optional[int] = None) -> Predicate:
        if last is None:
            return self._test("portrange", _value(first))
        return self._test("portrange", f"{_number(first)}-{_number(last)}")

    def _test(self, *words: str) -> Predicate:
        return Predicate(" ".join((self._words, *words) if self._words else words))


class Protocol(Predicate):
    """A protocol's word: `tcp` alone is a predicate, `tcp[13]` a byte, `tcp.port(80)` a test."""

    __slots__ = ("_word", "src", "dst", "src_or_dst", "src_and_dst", "_either")
    __iter__ = None
    __contains__ = None

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self._word = word
        self._either = Qualifier(word)
        self.src, self.dst = self._towards("src"), self._towards("dst")
        self.src_or_dst, self.src_and_dst = self._towards("src or dst"), self._towards("src and dst")

    def __getitem__(self, place: Any) -> Number:
        """`ip[8]`, one byte; `ip[2:2]`, two from offset 2. Offsets may be numbers of the packet."""
        if isinstance(place, slice):
            if place.step is not None or place.stop not in (1, 2, 4):
                raise ValueError("bytes are [OFFSET:SIZE], and a size is 1, 2 or 4")
            size = "" if place.stop == 1 else f":{place.stop}"
            return Number(f"{self._word}[{_operand(place.start)}{size}]")
        return Number(f"{self._word}[{_operand(place)}]")

    def host(self, address: str) -> Predicate:
        return self._either.host(address)

    def net(self, network: str, mask: Optional[str] = None) -> Predicate:
        return self._either.net(network, mask)

    def port(self, port: Union[int, str]) -> Predicate:
        return self._either.port(port)

    def portrange(self, first: Union[int, str], last: Optional[int] = None) -> Predicate:
        return self._either.portrange(first, last)

    def proto(self, protocol: Union[int, str]) -> Predicate:
        return self._either._test("proto", _value(protocol))

    def protochain(self, protocol: Union[int, str]) -> Predicate:
        return self._either._test("protochain", _value(protocol))

    def gateway(self, name: str) -> Predicate:
        return self._either._test("gateway", _name(name))

    def broadcast(self) -> Predicate:
        return self._either._test("broadcast")

    def multicast(self) -> Predicate:
        return self._either._test("multicast")

    def _towards(self, direction: str) -> Qualifier:
        return Qualifier(f"{self._word} {direction}".strip())


class Wlan(Protocol):
    """802.11 frames: `wlan.addr1("02:00:5e:10:00:01")`, `wlan.type("mgt", "beacon")`, `wlan.dir("tods")`."""

    __slots__ = ("addr1", "addr2", "addr3", "addr4", "ra", "ta")

    def __init__(self) -> None:
        super().__init__("wlan")
        for word in self.__slots__:
            setattr(self, word, self._towards(word))

    def type(self, type: Union[int, str], subtype: Union[int, str, None] = None) -> Predicate:
        words = ("type", str(type))
        return self._either._test(*words, *(() if subtype is None else ("subtype", str(subtype))))

    def subtype(self, subtype: str) -> Predicate:
        """And the type that it belongs to."""
        return self._either._test("subtype", str(subtype))

    def dir(self, direction: Union[int, str]) -> Predicate:
        return self._either._test("dir", str(direction))


class Field:
    """A field of an ATM cell or an SS7 signal unit: `vpi == 5`, `hopc > 100`."""

    __slots__ = ("_word",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, word: str) -> None:
        self._word = word

    def __repr__(self) -> str:
        return self._word

    def __bool__(self) -> bool:
        raise TypeError(_NOT_A_BOOL)

    def _compare(self, symbol: str, value: int) -> Predicate:
        return Predicate(f"{self._word} {symbol} {_number(value)}")

    def __eq__(self, value: int) -> Predicate:  # type: ignore[override]
        return self._compare("=", value)

    def __ne__(self, value: int) -> Predicate:  # type: ignore[override]
        return self._compare("!=", value)

    def __lt__(self, value: int) -> Predicate:
        return self._compare("<", value)

    def __le__(self, value: int) -> Predicate:
        return self._compare("<=", value)

    def __gt__(self, value: int) -> Predicate:
        return self._compare(">", value)

    def __ge__(self, value: int) -> Predicate:
        return self._compare(">=", value)


_any = Protocol("")
src, dst = Qualifier("src"), Qualifier("dst")
src_or_dst, src_and_dst = Qualifier("src or dst"), Qualifier("src and dst")
host, net, port, portrange = _any.host, _any.net, _any.port, _any.portrange
proto, protochain, gateway = _any.proto, _any.protochain, _any.gateway
broadcast, multicast = _any.broadcast, _any.multicast

wlan = Wlan()
ether, ip, ip6, arp, rarp = (Protocol(word) for word in "ether ip ip6 arp rarp".split())
tcp, udp, sctp, icmp, icmp6, igmp = (Protocol(word) for word in "tcp udp sctp icmp icmp6 igmp".split())
igrp, pim, vrrp, carp, ah, esp = (Protocol(word) for word in "igrp pim vrrp carp ah esp".split())
atalk, aarp, decnet, lat, sca = (Protocol(word) for word in "atalk aarp decnet lat sca".split())
moprc, mopdl, iso, esis, isis, clnp = (Protocol(word) for word in "moprc mopdl iso esis isis clnp".split())
stp, ipx, netbeui, radio, l1, l2 = (Protocol(word) for word in "stp ipx netbeui radio l1 l2".split())
iih, lsp, snp, csnp, psnp = (Protocol(word) for word in "iih lsp snp csnp psnp".split())

vpi, vci, sio, opc, dpc = (Field(word) for word in "vpi vci sio opc dpc".split())
sls, hsio, hopc, hdpc, hsls = (Field(word) for word in "sls hsio hopc hdpc hsls".split())

length = Number("len")  # of the packet on the wire

# Offsets and values of header fields.
tcpflags, icmptype, icmpcode, icmp6type, icmp6code = 13, 0, 1, 0, 1
tcp_fin, tcp_syn, tcp_rst, tcp_push = 0x01, 0x02, 0x04, 0x08
tcp_ack, tcp_urg, tcp_ece, tcp_cwr = 0x10, 0x20, 0x40, 0x80


def when(condition: Predicate, then: Predicate, otherwise: Predicate) -> Predicate:
    """`then` where `condition` holds, else `otherwise`."""
    for operand in (condition, then, otherwise):
        if not isinstance(operand, Predicate):
            raise TypeError(f"when() is of three filters; {operand!r} is none")
    return Predicate(f"when({condition}, {then}, {otherwise})")


def rand(probability: float) -> Predicate:
    """True for this share of packets, drawn anew for each: 0 < probability < 1."""
    if not 0 < probability < 1:
        raise ValueError(f"the probability of rand() lies between 0 and 1, both excluded; {probability} does not")
    return Predicate(f"rand({decimal.Decimal(repr(float(probability))):f})")


def draws(text: str) -> bool:
    """Does a filter have a rand() in it?"""
    return re.search(r"\brand\s*\(", text) is not None


def expression(text: str) -> Predicate:
    """Filter text as a part of an expression: `expression("src host in { @blocked.txt }") & tcp`."""
    from bpfopt._native import Compiler

    with Compiler() as compiler:
        # Sets are spelled out in the parsed text, and files cannot be read yet: this is for the errors.
        if "@" not in text:
            compiler.take_text("explain", text.encode(), b"parse", text=text)
    return Predicate((text,), "text")


def _with_number(word: str, doc: str) -> Any:
    def make(number: Optional[int] = None) -> Predicate:
        return Predicate(word if number is None else f"{word} {_number(number)}")

    make.__name__ = make.__qualname__ = word
    make.__doc__ = doc
    return make


# Each moves the offsets of what is written after it in the filter, as in filter text.
vlan = _with_number("vlan", "VLAN frames, of a tag if one is given.")
mpls = _with_number("mpls", "MPLS packets, of a label if one is given.")
pppoes = _with_number("pppoes", "PPPoE session packets, of a session if one is given.")
geneve = _with_number("geneve", "Geneve packets, of a network if one is given.")


def _of_number(word: str) -> Any:
    def make(number: int) -> Predicate:
        return Predicate(f"{word} {_number(number)}")

    make.__name__ = make.__qualname__ = word
    return make


greater, less, ifindex = _of_number("greater"), _of_number("less"), _of_number("ifindex")
rulenum, subrulenum = _of_number("rulenum"), _of_number("subrulenum")


def _of_value(word: str) -> Any:
    def make(value: Union[int, str]) -> Predicate:
        return Predicate(f"{word} {_value(value)}")

    make.__name__ = make.__qualname__ = word
    return make


ifname, ruleset, reason, action = (_of_value(word) for word in "ifname ruleset reason action".split())


def llc(type: Optional[str] = None) -> Predicate:
    return Predicate("llc" if type is None else f"llc {type}")


def _word(word: str) -> Any:
    def make() -> Predicate:
        return Predicate(word)

    make.__name__ = make.__qualname__ = word
    return make


pppoed, inbound, outbound = _word("pppoed"), _word("inbound"), _word("outbound")
# Kinds of ATM cells and of SS7 signal units.
lane, metac, bcc, oam, oamf4 = (_word(word) for word in "lane metac bcc oam oamf4".split())
oamf4sc, oamf4ec, sc, ilmic = (_word(word) for word in "oamf4sc oamf4ec sc ilmic".split())
connectmsg, metaconnect = _word("connectmsg"), _word("metaconnect")
fisu, lssu, msu, hfisu, hlssu, hmsu = (_word(word) for word in "fisu lssu msu hfisu hlssu hmsu".split())

__all__ = [
    name
    for name, value in list(globals().items())
    if not name.startswith("_") and name not in ("Any", "Optional", "Tuple", "Union", "KEYWORDS", "annotations",
                                                 "decimal", "re", "draws", "word")
]  # fmt: skip
