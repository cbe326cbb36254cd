"""libbpfopt.so.0 as ctypes sees it, and one compiler of it as a context."""

from __future__ import annotations

import ctypes
import os
import pathlib
import threading
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p
from typing import Any, Callable, Dict, Mapping, Optional, Union

from bpfopt import errors

_SONAME = "libbpfopt.so.0"
_NO_PLACE = c_size_t(-1).value


class SockFilter(ctypes.Structure):
    """struct sock_filter, struct bpf_insn, bpfopt_instruction: they are the same."""

    _fields_ = [("code", c_uint16), ("jt", c_uint8), ("jf", c_uint8), ("k", c_uint32)]


class SockFprog(ctypes.Structure):
    """struct sock_fprog: what SO_ATTACH_FILTER takes."""

    _fields_ = [("len", ctypes.c_ushort), ("filter", POINTER(SockFilter))]


AddBytes = ctypes.CFUNCTYPE(None, c_void_p, c_char_p, c_size_t)
HostResolver = ctypes.CFUNCTYPE(None, c_void_p, c_char_p, AddBytes, c_void_p)
FileReader = ctypes.CFUNCTYPE(c_int, c_void_p, c_char_p, AddBytes, c_void_p)

_INSTRUCTIONS = POINTER(SockFilter)
_SIGNATURES: Dict[str, Any] = {
    "version": (c_char_p,),
    "new": (c_void_p,),
    "free": (None, c_void_p),
    "set": (c_int, c_void_p, c_int, c_uint64),
    "set_link_type": (c_int, c_void_p, c_char_p),
    "disable_pass": (c_int, c_void_p, c_char_p),
    "set_hosts": (c_int, c_void_p, c_char_p, c_size_t),
    "set_host_resolver": (None, c_void_p, HostResolver, c_void_p),
    "cancel": (None, c_void_p),
    "set_file_reader": (None, c_void_p, FileReader, c_void_p),
    "error_message": (c_char_p, c_void_p),
    "error_offset": (c_size_t, c_void_p),
    "error_length": (c_size_t, c_void_p),
    "error_line": (c_size_t, c_void_p),
    "error_column": (c_size_t, c_void_p),
    "compile": (c_int, c_void_p, c_char_p, POINTER(c_void_p)),
    "optimize": (c_int, c_void_p, _INSTRUCTIONS, c_size_t, POINTER(c_void_p)),
    "result_free": (None, c_void_p),
    "result_instructions": (_INSTRUCTIONS, c_void_p, POINTER(c_size_t)),
    "result_source": (_INSTRUCTIONS, c_void_p, POINTER(c_size_t)),
    "result_is_proven": (c_int, c_void_p),
    "result_diagnostic": (
        c_char_p, c_void_p, c_size_t, POINTER(c_int), POINTER(c_size_t), POINTER(c_size_t)),  # fmt: skip
    "verify": (c_int, c_void_p, _INSTRUCTIONS, c_size_t, _INSTRUCTIONS, c_size_t, POINTER(c_void_p)),
    "verify_result": (c_int, c_void_p, c_void_p, POINTER(c_void_p)),
    "implies": (c_int, c_void_p, _INSTRUCTIONS, c_size_t, _INSTRUCTIONS, c_size_t, POINTER(c_void_p)),
    "verdict_free": (None, c_void_p),
    "verdict_text": (c_char_p, c_void_p),
    "verdict_packet": (POINTER(c_uint8), c_void_p, POINTER(c_size_t), POINTER(c_uint32)),
    "check": (c_int, c_void_p, _INSTRUCTIONS, c_size_t),
    "run": (c_int, c_void_p, _INSTRUCTIONS, c_size_t, c_char_p, c_size_t, c_uint32, POINTER(c_uint32)),
    "format": (c_int, c_void_p, _INSTRUCTIONS, c_size_t, c_char_p, POINTER(c_void_p)),
    "parse": (c_int, c_void_p, c_char_p, c_size_t, POINTER(_INSTRUCTIONS), POINTER(c_size_t)),
    "explain": (c_int, c_void_p, c_char_p, c_char_p, POINTER(c_void_p)),
    "free_text": (None, c_void_p),
    "free_instructions": (None, _INSTRUCTIONS),
    "pass_name": (c_char_p, c_size_t),
}


def _load() -> ctypes.CDLL:
    named = os.environ.get("BPFOPT_LIBRARY")
    # LIBDIR/python3/dist-packages/bpfopt/_native.py
    beside = pathlib.Path(__file__).resolve().parents[3] / _SONAME
    library = ctypes.CDLL(named or (str(beside) if beside.exists() else _SONAME))
    for name, (result, *arguments) in _SIGNATURES.items():
        function = getattr(library, "bpfopt_" + name)
        function.restype = result
        function.argtypes = arguments
    return library


library = _load()

_STATUS = {
    -1: errors.InvalidInput,
    -2: errors.TooLarge,
    -3: errors.Unproven,
    -4: errors.Cancelled,
    -5: MemoryError,
}

_LONG = ("compile", "optimize", "verify", "verify_result", "implies")

# Options by number, and the words of those that are a choice; bpfopt.h has both.
_NUMBERS = {
    "level": 1,
    "limit": 6,
    "snaplen": 8,
    "netmask": 9,
    "protochain_depth": 11,
    "smt_steps": 12,
    "proof_steps": 13,
    "proof_nodes": 14,
    "search": 15,
}
_CHOICES = {
    "relation": (2, {"strict": 1, "faithful": 2}),
    "objective": (3, {"balanced": 0, "size": 1, "speed": 2}),
    "target": (4, {"pcap": 0, "linux": 1, "seccomp": 2}),
    "proof": (5, {"off": 1, "on": 2, "required": 3}),
    "origin": (10, {"interface": 0, "savefile": 1, "swapped-savefile": 2}),
}
_LINK_TYPE = 7
_TIME_LIMIT = 16


class Compiler:
    """A bpfopt_compiler with options set; freed at the end of the `with`."""

    def __init__(self, **options: Any) -> None:
        self._callbacks: list = []  # ctypes does not keep what C points to
        self._failure: Optional[BaseException] = None  # of a callback
        self._handle = library.bpfopt_new()
        if not self._handle:
            raise MemoryError("bpfopt_new")
        try:
            for name, value in options.items():
                if value is not None:
                    self._set(name, value)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> "Compiler":
        return self

    def __exit__(self, *_: object) -> None:
        library.bpfopt_free(self._handle)
        self._handle = None

    def call(self, name: str, *arguments: Any, text: Optional[str] = None) -> int:
        """Of bpfopt_NAME on this compiler what it returns, or its error, raised. `text` is what has places."""
        self._failure = None
        function = getattr(library, "bpfopt_" + name)
        if name in _LONG and threading.current_thread() is threading.main_thread():
            status = self._interruptible(function, arguments)
        else:
            status = function(self._handle, *arguments)
        if self._failure is not None:
            raise self._failure
        if status < 0:
            raise self._error(status, text)
        return status

    def _interruptible(self, function: Any, arguments: Any) -> int:
        """In a thread, for Python sees Control-C only when the main thread is not in C."""
        statuses: list = []
        thread = threading.Thread(target=lambda: statuses.append(function(self._handle, *arguments)))
        thread.start()
        try:
            thread.join()
        except BaseException:
            library.bpfopt_cancel(self._handle)
            thread.join()
            raise
        return statuses[0]

    def take_text(self, name: str, *arguments: Any, text: Optional[str] = None) -> str:
        made = c_void_p()
        self.call(name, *arguments, byref(made), text=text)
        try:
            return ctypes.string_at(made).decode()
        finally:
            library.bpfopt_free_text(made)

    def _error(self, status: int, text: Optional[str]) -> BaseException:
        message = library.bpfopt_error_message(self._handle).decode(errors="replace")
        kind = _STATUS.get(status, errors.InternalError)
        offset = library.bpfopt_error_offset(self._handle)
        if kind is MemoryError or text is None or offset == _NO_PLACE:
            return kind(message)
        length, line, column = (
            getattr(library, "bpfopt_error_" + name)(self._handle) for name in ("length", "line", "column")
        )
        return kind(message, text, offset, length, line, column)

    def _set(self, name: str, value: Any) -> None:
        if name in _NUMBERS:
            self.call("set", _NUMBERS[name], _unsigned(name, value))
        elif name in _CHOICES:
            number, words = _CHOICES[name]
            if value not in words:
                raise errors.InvalidInput(f"{name} is one of {', '.join(words)}, not {value!r}")
            self.call("set", number, words[value])
        elif name == "link_type":
            if isinstance(value, str):
                self.call("set_link_type", value.encode())
            else:
                self.call("set", _LINK_TYPE, _unsigned(name, value))
        elif name == "time_limit":
            self.call("set", _TIME_LIMIT, max(1, int(value * 1000)))
        elif name == "disabled_passes":
            for each in value:
                self.call("disable_pass", each.encode())
        elif name == "hosts":
            self._set_hosts(value)
        elif name == "read_file":
            self._set_file_reader(value)
        else:
            raise TypeError(f"there is no option {name!r}")

    def _set_hosts(self, hosts: Union[str, Mapping[str, str], Callable[[str], Any]]) -> None:
        if callable(hosts):
            return self._set_resolver(hosts)
        if isinstance(hosts, Mapping):
            hosts = "".join(f"{address} {name}\n" for name, address in hosts.items())
        text = hosts.encode()
        self.call("set_hosts", text, len(text), text=hosts)

    def _set_resolver(self, resolve: Callable[[str], Any]) -> None:
        import ipaddress

        def ask(_context: Any, name: bytes, add: Any, sink: Any) -> None:
            def answer() -> None:
                for address in resolve(name.decode()) or ():
                    packed = ipaddress.ip_address(address).packed
                    add(sink, packed, len(packed))

            self._guard(answer)

        callback = HostResolver(ask)
        self._callbacks.append(callback)
        library.bpfopt_set_host_resolver(self._handle, callback, None)

    def _set_file_reader(self, read: Callable[[str], str]) -> None:
        def ask(_context: Any, name: bytes, add: Any, sink: Any) -> int:
            def answer() -> None:
                text = read(name.decode()).encode()
                add(sink, text, len(text))

            return 0 if self._guard(answer) else 1

        callback = FileReader(ask)
        self._callbacks.append(callback)
        library.bpfopt_set_file_reader(self._handle, callback, None)

    def _guard(self, answer: Callable[[], None]) -> bool:
        """Exceptions do not travel through C: they are raised when the call is over."""
        try:
            answer()
            return True
        except BaseException as failure:  # noqa: BLE001
            self._failure = failure
            return False


def _unsigned(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 64:
        raise errors.InvalidInput(f"{name} is a number that is not negative, not {value!r}")
    return value
