"""The way from a model of either toolkit to ONNX."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aimcc.importers._layers import Layer, check_complete, digital_cells, digital_twin, fill
from aimcc.importers._optional import require
from aimcc.importers._ranges import set_layer_ranges
from aimcc.importers.torch import Exporter, torch_to_onnx

if TYPE_CHECKING:
    import onnx
    import torch
    from torch import nn


def analog_to_onnx(
    source: nn.Module | Mapping[str, Any],
    example_inputs: torch.Tensor | Sequence[torch.Tensor],
    *,
    of_module: Callable[[nn.Module], dict[str, Layer]],
    of_state: Callable[[Mapping[str, Any], nn.Module], dict[str, Layer]],
    into: nn.Module | None,
    rows: int | None,
    batch: int | None,
    exporter: Exporter,
) -> tuple[onnx.ModelProto, list[str]]:
    """Exports a model with analog layers, and says what of their ranges is not kept.

    Args:
        source: the model, or its state dictionary.
        example_inputs: as for `torch_to_onnx`.
        of_module: the analog layers of a model.
        of_state: those of a state dictionary, the rest of which it puts into the given module.
        into: with a state dictionary, the digital module of PyTorch whose weights it replaces. It
            is not changed.
        rows: word lines of a crossbar of the chip; `None` for one range a layer.
        batch: as for `torch_to_onnx`.
        exporter: likewise.

    Raises:
        ImportError: a package is missing.
        ValueError: the model has layers without a digital twin, or does not fit `into`.
    """
    require("torch", "torch")
    if isinstance(source, Mapping):
        if into is None:
            raise ValueError("a state dictionary needs into=, the digital module of its weights")
        twin = copy.deepcopy(into)
        layers = of_state(source, twin)
        fill(twin, layers)
    else:
        if into is not None:
            raise ValueError("into= goes with a state dictionary; this is a module")
        layers = of_module(source)
        twin = digital_twin(source)
        layers_of_all = layers | digital_cells(source)
        check_complete(source, layers_of_all)
        fill(twin, layers_of_all)
    model = torch_to_onnx(twin, example_inputs, batch=batch, exporter=exporter)
    notes: list[str] = []
    set_layer_ranges(model, twin, layers, rows, notes)
    return model, notes
