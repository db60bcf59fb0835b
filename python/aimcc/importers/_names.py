"""Names of layers, and the ranges that a model carries under them."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx

PRODUCTS = ("Conv", "Gemm", "MatMul")
RECURRENT = ("LSTM", "GRU", "RNN")
# How aimcc calls the two nodes that it makes of a recurrent layer of both directions.
DIRECTIONS = ("forward", "reverse")
# What may stand between a stored weight and the product that reads it.
CARRIERS = ("Transpose", "Identity", "Reshape", "Cast", "Unsqueeze", "Concat", "Slice", "Squeeze")


def name_layers(model: onnx.ModelProto, modules: Iterable[str]) -> dict[str, list[str]]:
    """Gives products and recurrent layers of `model` the names of the modules that they come from.

    A node belongs to the module whose parameter it reads, else to the innermost module of the
    scopes that PyTorch's exporter notes beside it. A module with several nodes, since it is called
    more than once or has several layers, gives them numbers: `rnn`, `rnn_1`.

    Args:
        model: changed in place.
        modules: the names of the modules to look for, as `layer1.0.conv2`.

    Returns:
        the names of the nodes of every module that has some, in the order of evaluation.
    """
    known = {name for name in modules if name}
    makers = {output: node for node in model.graph.node for output in node.output}
    stored = {value.name for value in model.graph.initializer}
    taken = {node.name for node in model.graph.node}
    found: dict[str, list[str]] = {}
    for node in model.graph.node:
        if node.op_type not in PRODUCTS + RECURRENT:
            continue
        parameters = (_parameters(name, makers, stored) for name in node.input[1:3])
        owners = [
            owner for names in parameters for name in names if (owner := _owner(name)) in known
        ]
        module = owners[0] if owners else _innermost(node, known)
        if module is None:
            continue
        nodes = found.setdefault(module, [])
        name = module if not nodes else f"{module}_{len(nodes)}"
        while name in taken and name != node.name:
            name += "'"
        taken.add(name)
        node.name = name
        nodes.append(name)
    return found


def _owner(parameter: str) -> str:
    """The module of a parameter: `fc1` of `fc1.weight`, `rnn` of `rnn.weight_ih_l0`."""
    return parameter.rpartition(".")[0]


def _parameters(name: str, makers: Mapping[str, onnx.NodeProto], stored: set[str]) -> list[str]:
    """The stored tensors that `name` is made of."""
    found, waiting, seen = [], [name], set()
    while waiting:
        value = waiting.pop()
        if value in seen:
            continue
        seen.add(value)
        if value in stored:
            found.append(value)
        elif value in makers and makers[value].op_type in CARRIERS:
            waiting += makers[value].input
    return found


def _innermost(node: onnx.NodeProto, known: set[str]) -> str | None:
    """The innermost of the known modules in the scopes that `node` carries."""
    for entry in node.metadata_props:
        if entry.key == "pkg.torch.onnx.name_scopes":
            scopes = ast.literal_eval(entry.value)
            return next((scope for scope in reversed(scopes) if scope in known), None)
    return None


def set_ranges(
    model: onnx.ModelProto,
    inputs: Mapping[str, float | Sequence[float]],
    outputs: Mapping[str, float] | None = None,
    states: Mapping[str, float] | None = None,
) -> None:
    """Puts ranges of converters into the `metadata_props` of `model`, in place (Specs/cli.md).

    Args:
        model: the model whose nodes the ranges belong to.
        inputs: by node, the largest magnitude of its input that the converters pass, in units of
            the model: one, or one for each block of rows. Blocks that are all equal become one.
        outputs: by node, the largest magnitude of its results.
        states: by recurrent layer, the largest magnitude of its hidden state.

    Raises:
        ValueError: a range is not a number above 0, or belongs to no product of the model.
    """
    products = {node.name for node in model.graph.node if node.op_type in PRODUCTS}
    recurrent = {name for node in model.graph.node for name in _directions(node)}
    for kind, ranges, nodes, what in (
        ("input", inputs, products | recurrent, "Conv, Gemm, MatMul, LSTM, GRU or RNN"),
        ("output", outputs or {}, products, "Conv, Gemm or MatMul"),
        ("state", states or {}, recurrent, "LSTM, GRU or RNN"),
    ):
        for name, given in ranges.items():
            values = (
                [float(given)] if isinstance(given, (int, float)) else [float(v) for v in given]
            )
            if name not in nodes:
                raise ValueError(f"{kind} range of {name!r}: the model has no such {what}")
            if not values or not all(math.isfinite(value) and value > 0 for value in values):
                raise ValueError(f"{kind} range of {name!r} is {values}, not numbers above 0")
            if len(set(values)) == 1:
                values = values[:1]
            entry = next(
                (e for e in model.metadata_props if e.key == f"aimcc.{kind}_range.{name}"), None
            )
            entry = entry or model.metadata_props.add()
            entry.key = f"aimcc.{kind}_range.{name}"
            entry.value = ", ".join(_decimal(value) for value in values)


def _directions(node: onnx.NodeProto) -> list[str]:
    """What aimcc calls a recurrent layer: each of two directions has a name of its own."""
    if node.op_type not in RECURRENT:
        return []
    both = any(a.name == "direction" and a.s == b"bidirectional" for a in node.attribute)
    return [f"{node.name}.{direction}" for direction in DIRECTIONS] if both else [node.name]


def _decimal(value: float) -> str:
    """A decimal number without an exponent's plus sign, which reads back as the same number."""
    return re.sub(r"e\+?", "e", repr(value))


def ranges_of(model: onnx.ModelProto, kind: str) -> dict[str, tuple[float, ...]]:
    """The ranges of `kind`, "input", "output" or "state", that a model carries, by node."""
    prefix = f"aimcc.{kind}_range."
    return {
        entry.key[len(prefix) :]: tuple(float(v) for v in entry.value.split(","))
        for entry in model.metadata_props
        if entry.key.startswith(prefix)
    }
