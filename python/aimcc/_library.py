"""libaimcc.so, called through ctypes. aimcc.h describes the functions."""

from __future__ import annotations

import ctypes
import json
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import AimccError, Diagnostic, InputError, InternalError, Stopped, UsageError

Array = npt.NDArray[Any]
Progress = Callable[[str, float, int], bool]
"""Hears the title of the work, the steps done, and all steps (0 where nobody knows); returns
whether to go on."""

INTERFACE = 1
_FAULTS: dict[int, type[AimccError]] = {
    1: InputError,
    64: UsageError,
    70: InternalError,
    130: Stopped,
}
_TYPES = {
    "f16": "<f2",
    "f32": "<f4",
    "f64": "<f8",
    "i8": "|i1",
    "i16": "<i2",
    "i32": "<i4",
    "i64": "<i8",
    "u8": "|u1",
    "u16": "<u2",
    "u32": "<u4",
    "u64": "<u8",
    "bool": "|b1",
}
_NAMES = {np.dtype(code): name for name, code in _TYPES.items()}


class _Array(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("type", ctypes.c_char_p),
        ("rank", ctypes.c_size_t),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("data", ctypes.c_void_p),
        ("byte_count", ctypes.c_size_t),
    )


_PROGRESS = ctypes.CFUNCTYPE(
    ctypes.c_int32, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_double, ctypes.c_uint64
)


class _Options(ctypes.Structure):
    _fields_ = (
        ("words", ctypes.POINTER(ctypes.c_char_p)),
        ("word_count", ctypes.c_size_t),
        ("progress", _PROGRESS),
        ("context", ctypes.c_void_p),
        ("data_name", ctypes.c_char_p),
    )


_arrays = ctypes.POINTER(_Array)
_options = ctypes.POINTER(_Options)
_handle, _text, _size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "interface": (ctypes.c_uint32, []),
    "version": (_text, []),
    "read_network": (_handle, [_text]),
    "read_network_bytes": (_handle, [_text, _size, _text]),
    "read_program": (_handle, [_text]),
    "read_program_bytes": (_handle, [_text, _size, _text]),
    "compile": (_handle, [_handle, _arrays, _size, _options]),
    "run": (_handle, [_handle, _arrays, _size, _options]),
    "simulate": (_handle, [_handle, _arrays, _size, _options]),
    "evaluate": (_handle, [_handle, _arrays, _size, _arrays, _size, _options]),
    "evaluate_program": (_handle, [_handle, _arrays, _size, _options]),
    "status": (ctypes.c_int32, [_handle]),
    "report": (_text, [_handle]),
    "diagnostics": (_text, [_handle]),
    "array_count": (_size, [_handle]),
    "array_at": (ctypes.c_int32, [_handle, _size, _arrays]),
    "result_network": (_handle, [_handle]),
    "result_program": (_handle, [_handle]),
    "program_bytes": (
        ctypes.c_int32,
        [_handle, ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(_size)],
    ),
    "release_network": (None, [_handle]),
    "release_program": (None, [_handle]),
    "release_result": (None, [_handle]),
}


@cache
def library() -> Any:
    """The library that came with the package, or the one that AIMCC_LIBRARY names."""
    path = os.environ.get("AIMCC_LIBRARY") or str(Path(__file__).parent / "_lib" / "libaimcc.so")
    if not Path(path).exists():
        raise ImportError(
            f"aimcc: there is no {path}; install the wheel, or build the library in a checkout "
            "(swift build -c release) and set AIMCC_LIBRARY to .build/release/libCAIMCC.so"
        )
    loaded = ctypes.CDLL(path)
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(loaded, "aimcc_" + name)
        function.restype, function.argtypes = result, arguments
    found = loaded.aimcc_interface()
    if found != INTERFACE:
        raise ImportError(f"aimcc: {path} has interface {found}; this package takes {INTERFACE}")
    return loaded


def version() -> str:
    """The version of the compiler, such as ``0.2.0``."""
    return str(library().aimcc_version().decode())


class Handle:
    """A network, a program or a result of the library, released with this object."""

    def __init__(self, kind: str, address: int) -> None:
        self.kind, self.address = kind, address
        self._release = getattr(library(), f"aimcc_release_{kind}")

    def __del__(self) -> None:
        release = getattr(self, "_release", None)
        if release is not None:
            release(self.address)


class _Lent:
    """An array in the memory of a result, which lives as long as any view of it."""

    def __init__(self, result: Handle, array: _Array) -> None:
        self._result = result
        shape = tuple(array.shape[axis] for axis in range(array.rank))
        self.__array_interface__ = {
            "shape": shape,
            "typestr": _TYPES[array.type.decode()],
            # Read-only, since it may be a part of a file that is mapped.
            "data": (array.data or 0, True),
            "version": 3,
        }


class Result:
    """What a call gave: a report, arrays, and a handle."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        text = library().aimcc_report(handle.address)
        self.report: dict[str, Any] = json.loads(text) if text else {}
        self.diagnostics = _diagnostics(handle)

    @property
    def arrays(self) -> dict[str, Array]:
        """The arrays by name, without a copy."""
        found: dict[str, Array] = {}
        for index in range(library().aimcc_array_count(self._handle.address)):
            array = _Array()
            library().aimcc_array_at(self._handle.address, index, ctypes.byref(array))
            if array.byte_count == 0:
                shape = tuple(array.shape[axis] for axis in range(array.rank))
                found[array.name.decode()] = np.empty(shape, _TYPES[array.type.decode()])
            else:
                found[array.name.decode()] = np.asarray(_Lent(self._handle, array))
        return found

    def handle(self, kind: str) -> Handle:
        """The network or the program of the result."""
        address = getattr(library(), f"aimcc_result_{kind}")(self._handle.address)
        return Handle(kind, address)


def _diagnostics(result: Handle) -> list[Diagnostic]:
    text = library().aimcc_diagnostics(result.address)
    return [Diagnostic.of(entry) for entry in json.loads(text or b"[]")]


class _Given:
    """Arrays as the library takes them; keeps alive what they point to."""

    def __init__(self, arrays: Mapping[str, Array] | None) -> None:
        self._kept: list[Any] = []
        given = arrays or {}
        self.count = len(given)
        self.pointer = (_Array * max(self.count, 1))()
        for index, (name, array) in enumerate(given.items()):
            self.pointer[index] = self._array(name, np.asarray(array))

    def _array(self, name: str, array: Array) -> _Array:
        array = np.require(array, requirements=["C", "A"])
        if array.dtype.newbyteorder("<") not in _NAMES:
            raise TypeError(f'array "{name}" has the type {array.dtype}; give one of numbers')
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        shape = (ctypes.c_int64 * max(array.ndim, 1))(*array.shape)
        self._kept += [array, shape]
        return _Array(
            name.encode(), _NAMES[array.dtype].encode(), array.ndim, shape,
            array.ctypes.data, array.nbytes,
        )  # fmt: skip


class _Told:
    """Options as the library takes them; keeps alive what they point to."""

    def __init__(
        self, words: Sequence[str], progress: Progress | None, data_name: str | None
    ) -> None:
        self._words = (ctypes.c_char_p * max(len(words), 1))(*[word.encode() for word in words])
        self.fault: BaseException | None = None
        self._progress = progress
        self._callback = _PROGRESS(self._follow)
        name = None if data_name is None else data_name.encode()
        self.options = _Options(self._words, len(words), self._callback, None, name)

    def _follow(self, _: int | None, title: bytes, done: float, total: int) -> int:
        # What is raised here, ctrl-C too, cannot pass the library; it is raised again behind it.
        try:
            return 0 if self._progress is None or self._progress(title.decode(), done, total) else 1
        except BaseException as fault:
            self.fault = fault
            return 1


def call(
    name: str,
    *subject: Any,
    arrays: Sequence[Mapping[str, Array] | None] = (),
    words: Sequence[str] | None = None,
    progress: Progress | None = None,
    data_name: str | None = None,
) -> Result:
    """Calls a function of the library, and raises what its status tells.

    Warnings and notes become Python warnings of the category `AimccWarning`.
    """
    given = [_Given(group) for group in arrays]
    arguments = [part for group in given for part in (group.pointer, group.count)]
    told = _Told(words, progress, data_name) if words is not None else None
    options = [ctypes.byref(told.options)] if told else []
    plain = [part.address if isinstance(part, Handle) else part for part in subject]
    function = getattr(library(), "aimcc_" + name)
    handle = Handle("result", function(*plain, *arguments, *options))
    if told is not None and told.fault is not None:
        raise told.fault
    status = library().aimcc_status(handle.address)
    if status != 0:
        raise _FAULTS.get(status, InternalError)(_diagnostics(handle))
    result = Result(handle)
    for item in result.diagnostics:
        if item.severity == "warning":
            warnings.warn(item.text, AimccWarning, stacklevel=3)
    return result


class AimccWarning(UserWarning):
    """Something about an input that is worth knowing, although it stops nothing."""
