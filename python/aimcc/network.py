"""Networks and tile programs."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import _library
from . import data as given_data
from ._library import Array, Handle
from ._progress import ShownProgress, shown
from ._words import words
from .data import Data, arrays


@dataclass(frozen=True)
class Port:
    """An input or output."""

    name: str
    type: str
    """The type of the elements, such as ``f32``."""
    shape: tuple[int | str | None, ...] | None
    """The size of each dimension, or the name of an open one; `None` where nothing is known."""

    @classmethod
    def of(cls, entry: dict[str, Any]) -> Port:
        """The port of an entry of the library's description."""
        shape = entry.get("shape")
        if shape is not None:
            names = entry.get("dimensions") or [None] * len(shape)
            shape = tuple(
                name if size is None else size for size, name in zip(shape, names, strict=True)
            )
        return cls(entry["name"], entry["type"], shape)


class _Ported:
    """What has inputs and outputs."""

    def __init__(self, handle: Handle, description: dict[str, Any]) -> None:
        self._handle = handle
        self.description = description
        """What the library says of it (``aimcc.network/1``)."""
        self.name: str = description["name"]
        self.inputs = [Port.of(entry) for entry in description["inputs"]]
        self.outputs = [Port.of(entry) for entry in description["outputs"]]

    def _text(self, kind: str) -> str:
        def ports(found: list[Port]) -> str:
            return ", ".join(
                f"{port.name}: {port.type}"
                + str(list(port.shape) if port.shape is not None else "?").replace("'", "")
                for port in found
            )

        return f"<aimcc.{kind} {self.name}: {ports(self.inputs)} -> {ports(self.outputs)}>"


class Network(_Ported):
    """A network, read once, and compiled and run as often as wanted, from several threads too."""

    def __repr__(self) -> str:
        return self._text("Network")

    def compile(
        self,
        chip: str | os.PathLike[str] = "hermes",
        *,
        calibration: Data = None,
        progress: ShownProgress = None,
        **options: Any,
    ) -> Program:
        """Compiles to a tile program for `chip`, the name of a preset or the path of a chip file.

        `calibration` are typical inputs, from which the ranges of converters come. `options` are
        those of ``aimcc compile``: ``copies=2``, ``routine="refit"``, ``set={"adc.bits": 7}``,
        ``accuracy="99%"``.
        """
        named, typical = given_data.calibration(calibration)
        with shown(progress) as follow:
            result = _library.call(
                "compile",
                self._handle,
                arrays=[typical],
                words=words({"chip": os.fspath(chip), **named, **options}),
                progress=follow,
            )
        return Program._of(result)

    def run(
        self, data: Data, *, progress: ShownProgress = None, **options: Any
    ) -> dict[str, Array]:
        """The outputs by name, in the precision of the network, as the chip's are compared with.

        `options` are ``dim`` and ``input_shape``, the sizes of what the network leaves open.
        """
        with shown(progress) as follow:
            return _library.call(
                "run",
                self._handle,
                arrays=[arrays(data)],
                words=words(options),
                progress=follow,
                data_name=given_data.name(data),
            ).arrays


class Program(_Ported):
    """A tile program: conductances and code for the chip."""

    report: dict[str, Any]
    """What ``aimcc compile --json`` prints; empty of a program that was read."""

    def __init__(self, handle: Handle, description: dict[str, Any]) -> None:
        super().__init__(handle, description)
        self.report = {}

    @classmethod
    def _of(cls, compiled: _library.Result) -> Program:
        handle = compiled.handle("program")
        # The description comes from the bytes, as that of a program that is read.
        found = _library.call("read_program_bytes", *_content(handle), b"program")
        program = cls(handle, found.report)
        program.report = compiled.report
        return program

    def __repr__(self) -> str:
        return self._text("Program")

    def to_bytes(self) -> bytes:
        """The bytes of the program's file."""
        return _content(self._handle)[0]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the program's file, which ``aimcc simulate`` and loaders read."""
        Path(path).write_bytes(self.to_bytes())

    def simulate(
        self, data: Data, *, progress: ShownProgress = None, **options: Any
    ) -> dict[str, Array]:
        """The outputs by name, of a simulated chip.

        `options` are those of ``aimcc simulate``: ``device="hermes-tdp"``, ``time="1d"``,
        ``seed=3``. Without a device, converters round and clip, and devices are exact.
        """
        return self.simulation(data, progress=progress, **options)[0]

    def simulation(
        self, data: Data, *, progress: ShownProgress = None, **options: Any
    ) -> tuple[dict[str, Array], dict[str, Any]]:
        """The outputs of `simulate`, and the report that ``aimcc simulate --json`` prints."""
        with shown(progress) as follow:
            result = _library.call(
                "simulate",
                self._handle,
                arrays=[arrays(data)],
                words=words(options),
                progress=follow,
                data_name=given_data.name(data),
            )
        return result.arrays, result.report


def _content(handle: Handle) -> tuple[bytes, int]:
    import ctypes

    address, count = ctypes.c_void_p(), ctypes.c_size_t()
    _library.library().aimcc_program_bytes(
        handle.address, ctypes.byref(address), ctypes.byref(count)
    )
    content = ctypes.string_at(address.value or 0, count.value)
    return content, len(content)


def from_onnx(model: Any, *, name: str = "model.onnx") -> Network:
    """The network of an ONNX model: a path, the bytes of a file, or a `ModelProto`.

    Messages call what has no path `name`. A graph as text (.aim) is read from its path.
    """
    if isinstance(model, (str, os.PathLike)):
        result = _library.call("read_network", os.fspath(model).encode())
    else:
        content = model if isinstance(model, bytes) else model.SerializeToString()
        result = _library.call("read_network_bytes", content, len(content), name.encode())
    return Network(result.handle("network"), result.report)


def read_program(program: str | os.PathLike[str] | bytes) -> Program:
    """The tile program of a path (.aimc), or of the bytes of a file."""
    if isinstance(program, bytes):
        result = _library.call("read_program_bytes", program, len(program), b"program")
    else:
        result = _library.call("read_program", os.fspath(program).encode())
    return Program(result.handle("program"), result.report)


def network_of(model: Any, given: dict[str, Array]) -> Network | Program:
    """The network or program that `model` is, or that its path, bytes or `ModelProto` tell.

    A PyTorch module is exported for inputs like those in `given`.
    """
    if isinstance(model, (Network, Program)):
        return model
    if _is_module(model):
        return _exported(model, given)
    if isinstance(model, (str, os.PathLike)) and re.search(r"\.aimc$", os.fspath(model)):
        return read_program(model)
    if isinstance(model, (str, os.PathLike, bytes)) or hasattr(model, "SerializeToString"):
        return from_onnx(model)
    raise TypeError(
        f"aimcc takes no {type(model).__name__} as a network; give the path or the bytes of an "
        "ONNX model, a ModelProto, or a PyTorch module"
    )


def _is_module(model: Any) -> bool:
    # Whoever has a module has imported torch.
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(model, torch.nn.Module)


def _exported(module: Any, given: dict[str, Array]) -> Network:
    import torch

    from .importers.torch import from_torch

    inputs = [array[:1] for name, array in given.items() if name != "y"]
    # What a module takes is floating point, if it is not an index.
    kind = next((value.dtype for value in module.parameters()), torch.float32)
    examples = [torch.from_numpy(np.array(array)) for array in inputs]
    return from_torch(module, [_like(example, kind) for example in examples])


def _like(example: Any, kind: Any) -> Any:
    is_image = example.is_floating_point() or example.element_size() == 1
    return example.to(kind) if is_image else example
