"""What goes wrong, as exceptions that hold the diagnostics of the compiler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Diagnostic:
    """One thing to tell about an input: where, what is wrong, what to do."""

    severity: str
    """``error``, ``warning`` or ``note``."""
    message: str
    text: str
    """All of it, as the command line prints it."""
    file: str | None = None
    line: int | None = None
    column: int | None = None
    byteOffset: int | None = None
    section: str | None = None
    node: str | None = None
    """The ONNX node that it is about."""
    otherNodes: tuple[str, ...] = ()
    op: str | None = None
    opset: int | None = None
    supported: str | None = None
    """What would be accepted."""
    help: str | None = None
    """What to do."""

    @classmethod
    def of(cls, entry: dict[str, Any]) -> Diagnostic:
        """The diagnostic of an entry of the library's list."""
        entry = dict(entry)
        entry["otherNodes"] = tuple(entry.get("otherNodes", ()))
        return cls(**entry)

    def __str__(self) -> str:
        return self.text


class AimccError(Exception):
    """A fault that the compiler or the simulator tells; the base of all others."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        self.diagnostics = diagnostics
        """All of them, in the order found; warnings and notes too."""
        super().__init__("\n".join(item.text for item in diagnostics if item.severity != "note"))

    @property
    def errors(self) -> list[Diagnostic]:
        """The diagnostics that are errors."""
        return [item for item in self.diagnostics if item.severity == "error"]


class InputError(AimccError):
    """A network, a program, a chip or data have faults."""


class UsageError(AimccError):
    """The call makes no sense: options that are unknown, or have no effect."""


class InternalError(AimccError):
    """A fault of aimcc itself; please report it."""


class Stopped(AimccError):
    """The progress function has asked for the end."""
