"""Networks of PyTorch."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from aimcc.importers._names import name_layers
from aimcc.importers._optional import require

if TYPE_CHECKING:
    import onnx
    import torch
    from torch import nn

    from aimcc import Network

Exporter = Literal["dynamo", "legacy"]
BATCH = "N"


def from_torch(
    module: nn.Module,
    example_inputs: torch.Tensor | Sequence[torch.Tensor],
    *,
    batch: int | None = 0,
    exporter: Exporter = "dynamo",
    opset: int = 20,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
) -> Network:
    """The network of a PyTorch module; the arguments and errors are those of `torch_to_onnx`."""
    from aimcc import from_onnx

    return from_onnx(
        torch_to_onnx(
            module,
            example_inputs,
            batch=batch,
            exporter=exporter,
            opset=opset,
            input_names=input_names,
            output_names=output_names,
        )
    )


def torch_to_onnx(
    module: nn.Module,
    example_inputs: torch.Tensor | Sequence[torch.Tensor],
    *,
    batch: int | None = 0,
    exporter: Exporter = "dynamo",
    opset: int = 20,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
) -> onnx.ModelProto:
    """Exports a PyTorch module as an ONNX model.

    The module is exported in evaluation mode, and is as before afterwards. Its products and
    recurrent layers keep their names: `layer1.0.conv2` is a node of the model.

    Args:
        module: the network.
        example_inputs: tensors of the shapes and types that it takes; their values do not matter.
        batch: the dimension of inputs and outputs that counts samples, and is left open; `None` if
            all sizes are those of the examples.
        exporter: "dynamo", which is based on `torch.export` and needs the package onnxscript, or
            "legacy", which is based on TorchScript and takes what the other does not.
        opset: the version of ONNX's operators.
        input_names: names of the inputs; PyTorch's choice where left out.
        output_names: names of the outputs, likewise.

    Raises:
        ImportError: torch, onnx or onnxscript is missing.
        ValueError: the arguments do not go together, or PyTorch cannot export the module; the
            message says what it says, and what to try.
    """
    torch = require("torch", "torch")
    require("onnx", "torch")
    inputs = _tensors(example_inputs)
    if exporter not in ("dynamo", "legacy"):
        raise ValueError(f"exporter {exporter!r} is unknown; there are 'dynamo' and 'legacy'")
    if exporter == "dynamo":
        require("onnxscript", "torch")
    if batch is not None:
        inputs = tuple(_at_least_two(x, batch) for x in inputs)
    export = _with_dynamo if exporter == "dynamo" else _with_legacy
    names = (
        list(input_names) if input_names is not None else None,
        list(output_names) if output_names is not None else None,
    )
    with evaluating(module), torch.no_grad(), _silence():
        try:
            model = export(module, inputs, batch, opset, names)
        except Exception as error:
            other = "legacy" if exporter == "dynamo" else "dynamo"
            said = next((line for line in str(error).splitlines() if line.strip()), repr(error))
            message = (
                f"PyTorch's {exporter} exporter does not take this module: {said.strip()}\n"
                f"try exporter={other!r}, batch=None, or export it yourself and use from_onnx"
            )
            raise ValueError(message) from error
    name_layers(model, [name for name, _ in module.named_modules()])
    return model


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """No warnings of the exporter for a while, such as of packages that it could do without."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)


@contextlib.contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode for a while; every part is then in the mode that it was in."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode


def _tensors(example_inputs: object) -> tuple[torch.Tensor, ...]:
    torch = require("torch", "torch")
    given = example_inputs if isinstance(example_inputs, (tuple, list)) else (example_inputs,)
    for value in given:
        if not isinstance(value, torch.Tensor):
            raise ValueError(
                f"example_inputs holds a {type(value).__name__}; it must be a tensor or several"
            )
    if not given:
        raise ValueError("example_inputs is empty; the exporter needs the shapes of the inputs")
    return tuple(given)


def _at_least_two(x: torch.Tensor, batch: int) -> torch.Tensor:
    """`x` with two samples or more, since PyTorch takes a size of 1 as fixed."""
    if batch >= x.ndim:
        raise ValueError(
            f"batch={batch}, but an input has the shape {tuple(x.shape)}; batch=None fixes all"
            " sizes"
        )
    return x if x.shape[batch] > 1 else x.repeat_interleave(2, dim=batch)


_Names = tuple[list[str] | None, list[str] | None]
_Tensors = tuple["torch.Tensor", ...]


def _with_dynamo(
    module: nn.Module,
    inputs: tuple[torch.Tensor, ...],
    batch: int | None,
    opset: int,
    names: _Names,
) -> onnx.ModelProto:
    torch = require("torch", "torch")
    shapes = None
    if batch is not None:
        size = torch.export.Dim(BATCH)
        # By position: the parameters of forward may have any names.
        shapes = tuple({batch: size} for _ in inputs)
    program = torch.onnx.export(
        module,
        inputs,
        dynamo=True,
        dynamic_shapes=shapes,
        opset_version=opset,
        input_names=names[0],
        output_names=names[1],
        verbose=False,
    )
    model: onnx.ModelProto = program.model_proto
    return model


def _with_legacy(
    module: nn.Module,
    inputs: tuple[torch.Tensor, ...],
    batch: int | None,
    opset: int,
    names: _Names,
) -> onnx.ModelProto:
    torch = require("torch", "torch")
    load = require("onnx", "torch").load_from_string
    input_names = names[0] or [f"input_{number}" for number in range(len(inputs))]
    axes = None
    if batch is not None:
        axes = {name: {batch: BATCH} for name in input_names}
    file = io.BytesIO()
    torch.onnx.export(
        module,
        inputs,
        file,
        dynamo=False,
        dynamic_axes=axes,
        opset_version=opset,
        input_names=input_names,
        output_names=names[1],
        # Folding would rename the weights, by which layers find their names.
        do_constant_folding=False,
        training=torch.onnx.TrainingMode.PRESERVE,
    )
    model: onnx.ModelProto = load(file.getvalue())
    return model
