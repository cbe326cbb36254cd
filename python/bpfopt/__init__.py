"""bpfopt: packet filters to small, proven classic BPF programs.

    >>> from bpfopt import icmp, ip, rand
    >>> program = ip & rand(0.1) & icmp
    >>> program
    ip and rand(0.1) and icmp
    >>> print(program.compile().asm)
    (000) ldh      [12]
    ...

Filters are expressions (bpfopt.language) or text:

    >>> import bpfopt
    >>> bpfopt.compile("tcp port 80", link_type="RAW").proven
    True

What comes out is a Program: a sequence of instructions that can be printed, run, compared, attached to a
socket, and whose bytes are an array of the kernel's struct sock_filter. This package is a thin layer over
libbpfopt.so.0, which it looks for in $BPFOPT_LIBRARY, beside the place it was installed to, and where the
loader looks.
"""

from bpfopt.errors import Cancelled, Error, InternalError, InvalidInput, TooLarge, Unproven
from bpfopt.language import *  # noqa: F403
from bpfopt.language import __all__ as _language
from bpfopt.program import (
    Counterexample,
    Diagnostic,
    Instruction,
    Program,
    Verdict,
    attach_filter,
    compile,
    implies,
    optimize,
    passes,
    verify,
    version,
)

__all__ = [
    "Cancelled",
    "Counterexample",
    "Diagnostic",
    "Error",
    "Instruction",
    "InternalError",
    "InvalidInput",
    "Program",
    "TooLarge",
    "Unproven",
    "Verdict",
    "attach_filter",
    "compile",
    "implies",
    "optimize",
    "passes",
    "verify",
    "version",
] + _language
__version__ = version()
