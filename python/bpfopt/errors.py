"""What can go wrong, with the place in the filter where there is one."""

from __future__ import annotations

from typing import Optional

__all__ = ["Cancelled", "Error", "InternalError", "InvalidInput", "TooLarge", "Unproven"]


class Error(Exception):
    """Of every call that fails.

    `offset` and `length` say where in `text`, in bytes of its UTF-8; `line` and `column` count from 1. All of
    them are None when no place is known.
    """

    def __init__(
        self,
        message: str,
        text: Optional[str] = None,
        offset: Optional[int] = None,
        length: Optional[int] = None,
        line: Optional[int] = None,
        column: Optional[int] = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        self.offset = offset
        self.length = length
        self.line = line
        self.column = column

    def __str__(self) -> str:
        if self.offset is None or self.text is None:
            return self.message
        line = self.text.encode().split(b"\n")[self.line - 1].decode(errors="replace")
        return f"{self.message}\n  {line}\n  {' ' * (self.column - 1)}^{'~' * max(0, self.length - 1)}"


class InvalidInput(Error, ValueError):
    """The filter, the program or an option is wrong."""


class TooLarge(Error):
    """The program does not fit the limit."""


class Unproven(Error):
    """A proof was required and its budget ran out."""


class Cancelled(Error):
    """The time limit has passed."""


class InternalError(Error):
    """A bug of bpfopt; the message is what to report."""
