"""Networks that AIMET has quantised: a plain ONNX model and a file of encodings beside it."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aimcc.importers._optional import require

if TYPE_CHECKING:
    import onnx
    from numpy.typing import NDArray

    from aimcc import Network

VERSIONS = ("0.6.1", "1.0.0", "2.0.0", "2.1.0")
SHORTEST, LONGEST = 2, 8  # bits


@dataclass(frozen=True)
class Grid:
    """The values that a tensor takes: scale · (q - zero), for whole q from low to high.

    Attributes:
        scale: f32[] or f32[channels].
        zero: whole numbers of the same shape.
        low: the least q.
        high: the largest q.
        axis: the axis of the channels, counted as in ONNX; `None` where it follows from the node.
    """

    scale: NDArray[np.float32]
    zero: NDArray[np.int64]
    low: int
    high: int
    axis: int | None

    @property
    def type(self) -> type[np.generic]:
        """The type of the stored numbers."""
        return np.int8 if self.low < 0 else np.uint8


def from_aimet(
    model: str | os.PathLike[str] | onnx.ModelProto,
    encodings: str | os.PathLike[str] | Mapping[str, Any],
) -> tuple[Network, tuple[str, ...]]:
    """The network of a model and its encodings, with the arguments of `aimet_to_onnx`."""
    from aimcc import from_onnx

    quantised, notes = aimet_to_onnx(model, encodings)
    return from_onnx(quantised), notes


def aimet_to_onnx(
    model: str | os.PathLike[str] | onnx.ModelProto,
    encodings: str | os.PathLike[str] | Mapping[str, Any],
) -> tuple[onnx.ModelProto, tuple[str, ...]]:
    """Puts the encodings of AIMET into a model, as QuantizeLinear and DequantizeLinear nodes.

    Activations are quantised where they arise. Constants are stored as integers. Grids of fewer
    than 8 bits get a Clip, as Brevitas writes them.

    Args:
        model: an ONNX model of floating-point numbers, or its path. It is not changed.
        encodings: the file of encodings (versions 0.6.1, 1.0.0, 2.0.0 and 2.1.0), or its content.

    Returns:
        the model, and a sentence on each kind of encoding that stays in floating point: those of
        floating-point types, of more than 8 bits and of blocks.

    Raises:
        ImportError: onnx is missing.
        ValueError: the file is no such file, or names a tensor that the model does not have.
    """
    onnx = require("onnx", "onnx")
    if isinstance(model, onnx.ModelProto):
        result = onnx.ModelProto()
        result.CopyFrom(model)
    else:
        result = onnx.load(os.fspath(model))
    if not isinstance(encodings, Mapping):
        try:
            encodings = json.loads(pathlib.Path(encodings).read_text())
        except ValueError as error:
            raise ValueError(f"the encodings are no JSON: {error}") from error
    left: dict[str, list[str]] = {}
    grids = _grids(encodings, left)
    _quantise(result, grids)
    onnx.checker.check_model(result)
    notes = []
    for why, names in left.items():
        listed = ", ".join(names[:3]) + (f" and {len(names) - 3} others" if len(names) > 3 else "")
        notes.append(f"encodings {why} stay in floating point: {listed}")
    return result, tuple(notes)


def _grids(encodings: Any, left: dict[str, list[str]]) -> dict[str, Grid]:
    """The grids of all tensors; `left` gets those that have none, by reason."""
    version = encodings.get("version") if isinstance(encodings, Mapping) else None
    if version not in VERSIONS:
        raise ValueError(
            f"encodings of version {version!r} are unknown; there are {', '.join(VERSIONS)}"
        )
    try:
        grids = {}
        for name, entry in _entries(encodings):
            read = _of_onnx if version.startswith("2") else _of_offsets
            grid = read(entry)
            if isinstance(grid, str):
                left.setdefault(grid, []).append(name)
            else:
                grids[name] = grid
        return grids
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"encodings of version {version} lack a part: {error!r}") from error


def _entries(encodings: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The encodings of all tensors by name."""
    if "encodings" in encodings:
        return [(entry["name"], entry) for entry in encodings["encodings"]]
    found: list[tuple[str, Any]] = []
    for part in ("activation_encodings", "param_encodings"):
        entries = encodings[part]
        if isinstance(entries, Mapping):
            # Version 0.6.1 has a list of channels.
            found += [(name, _merged(channels)) for name, channels in entries.items()]
        else:
            found += [(entry["name"], entry) for entry in entries]
    return found


def _merged(channels: list[Any]) -> dict[str, Any]:
    """An encoding of version 0.6.1 in the form of version 1.0.0."""
    first = channels[0]
    return {
        "dtype": first.get("dtype", "int").upper(),
        "bw": first["bitwidth"],
        "enc_type": "PER_TENSOR" if len(channels) == 1 else "PER_CHANNEL",
        "is_sym": str(first.get("is_symmetric")) == "True",
        "scale": [channel.get("scale") for channel in channels],
        "offset": [channel.get("offset") for channel in channels],
    }


def _of_offsets(entry: Mapping[str, Any]) -> Grid | str:
    """The grid of an encoding of version 1.0.0: scale · (q + offset), for q from 0."""
    if entry["dtype"] != "INT":
        return "of floating-point types"
    if entry["enc_type"] not in ("PER_TENSOR", "PER_CHANNEL"):
        return "of blocks"
    bits = int(entry["bw"])
    if not SHORTEST <= bits <= LONGEST:
        return f"of {bits} bits"
    scale = np.asarray(entry["scale"], np.float32)
    zero = -np.asarray(entry["offset"], np.int64)
    middle = 2 ** (bits - 1)
    low, high = 0, 2 * middle - 1
    if entry["is_sym"] and (zero == middle).all():
        low, high, zero = -middle, middle - 1, zero - middle
    if entry["enc_type"] == "PER_TENSOR":
        scale, zero = scale.reshape(-1)[0], zero.reshape(-1)[0]
    return Grid(np.asarray(scale), np.asarray(zero), low, high, None)


def _of_onnx(entry: Mapping[str, Any]) -> Grid | str:
    """The grid of an encoding of version 2, which has the terms of ONNX."""
    kind = str(entry["output_dtype"])
    if "float" in kind:
        return "of floating-point types"
    if "block_size" in entry or isinstance(entry.get("y_scale"), Mapping):
        return "of blocks"
    bits = int(kind.rpartition("int")[2])
    if not SHORTEST <= bits <= LONGEST:
        return f"of {bits} bits"
    scale = np.asarray(entry["y_scale"], np.float32)
    given = np.asarray(entry.get("y_zero_point", np.zeros(scale.shape)), np.float64)
    if (given != np.round(given)).any():
        return "of zero points between whole numbers"
    zero = given.astype(np.int64)
    low = 0 if kind.startswith("u") else -(2 ** (bits - 1))
    return Grid(scale, zero, low, low + 2**bits - 1, entry.get("axis"))


def _quantise(model: onnx.ModelProto, grids: Mapping[str, Grid]) -> None:
    """Puts the grids into a model, in place."""
    graph = model.graph
    constants = {value.name: value for value in graph.initializer}
    made = {name for node in graph.node for name in node.output if name}
    given = {port.name for port in graph.input}
    unknown = sorted(set(grids) - set(constants) - made - given)
    if unknown:
        raise ValueError(f"the model has no tensors {', '.join(unknown[:10])}")
    opset = next((entry.version for entry in model.opset_import if not entry.domain), 0)
    if grids and opset < 13:
        raise ValueError(f"the model has operators of version {opset}; channels need 13 or newer")
    results = {port.name for port in graph.output}
    first, behind = [], {}
    for name, grid in grids.items():
        if name in constants:
            first.append(_constant(graph, constants[name], grid))
            continue
        # A result of the network keeps its name, what makes it gets another.
        inner = f"{name}/plain" if name in results else name
        outer = name if name in results else f"{name}/quantised"
        for node in graph.node:
            if name in results:
                node.output[:] = [inner if value == name else value for value in node.output]
            else:
                node.input[:] = [outer if value == name else value for value in node.input]
        behind[inner] = _pair(graph, inner, outer, grid)
    nodes = first + [node for port in graph.input for node in behind.pop(port.name, [])]
    for node in graph.node:
        nodes.append(node)
        for name in node.output:
            nodes += behind.pop(name, [])
    copies = [type(node).FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(copies)


def _constant(graph: onnx.GraphProto, value: onnx.TensorProto, grid: Grid) -> onnx.NodeProto:
    """Stores a constant as integers, and gives the node that makes its numbers."""
    helper, numpy_helper = require("onnx.helper", "onnx"), require("onnx.numpy_helper", "onnx")
    name = value.name
    numbers = numpy_helper.to_array(value).astype(np.float32)
    axis = _axis(graph, name, grid, numbers.ndim)
    shape = [-1 if place == axis else 1 for place in range(numbers.ndim)]
    across = (grid.scale, grid.zero)
    if grid.scale.ndim:
        across = (grid.scale.reshape(shape), grid.zero.reshape(shape))
    codes = np.clip(np.round(numbers / across[0]) + across[1], grid.low, grid.high)
    value.CopyFrom(numpy_helper.from_array(codes.astype(grid.type), f"{name}/codes"))
    inputs = [f"{name}/codes", *_stored(graph, name, grid)]
    attributes = {"axis": axis} if grid.scale.ndim else {}
    node: onnx.NodeProto = helper.make_node(
        "DequantizeLinear", inputs, [name], name=f"{name}/dequantize", **attributes
    )
    return node


def _axis(graph: onnx.GraphProto, name: str, grid: Grid, dimensions: int) -> int:
    """The axis of the channels of a constant: that of outputs in the node that reads it."""
    if grid.axis is not None:
        return grid.axis % dimensions
    for node in graph.node:
        if name in node.input:
            turned = any(a.name == "transB" and a.i for a in node.attribute)
            if node.op_type == "MatMul" or (node.op_type == "Gemm" and not turned):
                return dimensions - 1
            return 1 if node.op_type == "ConvTranspose" else 0
    return 0


def _pair(graph: onnx.GraphProto, inner: str, outer: str, grid: Grid) -> list[onnx.NodeProto]:
    """The nodes that round `inner` to its grid and give `outer`."""
    helper, numpy_helper = require("onnx.helper", "onnx"), require("onnx.numpy_helper", "onnx")
    stored = _stored(graph, inner, grid)
    attributes = {"axis": grid.axis or 0} if grid.scale.ndim else {}
    codes = f"{inner}/codes"
    nodes = [
        helper.make_node(
            "QuantizeLinear", [inner, *stored], [codes], name=f"{inner}/quantize", **attributes
        )
    ]
    if grid.high - grid.low < 255:
        bounds = [f"{inner}/low", f"{inner}/high"]
        for bound, value in zip(bounds, (grid.low, grid.high), strict=True):
            graph.initializer.append(numpy_helper.from_array(np.array(value, grid.type), bound))
        nodes.append(
            helper.make_node("Clip", [codes, *bounds], [f"{codes}/cut"], name=f"{inner}/clip")
        )
        codes += "/cut"
    nodes.append(
        helper.make_node(
            "DequantizeLinear", [codes, *stored], [outer], name=f"{inner}/dequantize", **attributes
        )
    )
    return nodes


def _stored(graph: onnx.GraphProto, name: str, grid: Grid) -> list[str]:
    """Scale and zero point as constants of the model."""
    numpy_helper = require("onnx.numpy_helper", "onnx")
    names = [f"{name}/scale", f"{name}/zero"]
    for own, value in zip(names, (grid.scale, grid.zero.astype(grid.type)), strict=True):
        graph.initializer.append(numpy_helper.from_array(np.asarray(value), own))
    return names
