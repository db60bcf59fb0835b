"""Digital twins of the recurrent modules of aihwkit and aihwkit-lightning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

CELLS: dict[str, Callable[..., nn.RNNBase]] = {
    "AnalogLSTMCell": nn.LSTM,
    "AnalogLSTMCellCombinedWeight": nn.LSTM,
    "AnalogGRUCell": nn.GRU,
    "AnalogVanillaRNNCell": nn.RNN,
}


class RecurrentTwin(nn.Module):
    """Layers of one kind in series, which takes and gives what `AnalogRNN` does.

    Args:
        layers: modules of a single layer each, sequences first.
    """

    def __init__(self, layers: list[nn.RNNBase]) -> None:
        super().__init__()
        self.recurrent_layers = nn.ModuleList(layers)

    def forward(
        self, x: torch.Tensor, states: list[Any] | None = None
    ) -> tuple[torch.Tensor, list[Any]]:
        """The results f32[steps, samples, units] of x, and the last state of every layer."""
        last = []
        for number, layer in enumerate(self.recurrent_layers):
            directions = 2 if layer.bidirectional else 1
            if states is None:
                x, state = layer(x)
            else:
                x, state = layer(x, _joined(states[number]))
            last.append(_parted(state, directions))
        return x, last


def _joined(state: Any) -> Any:
    """The state of a layer as PyTorch takes it: of all directions in one tensor."""
    directions = state if isinstance(state, list) else [state]
    if isinstance(directions[0], torch.Tensor):
        return torch.stack(directions)
    return tuple(torch.stack(parts) for parts in zip(*directions, strict=True))


def _parted(state: Any, directions: int) -> Any:
    """The state of a layer as the toolkits give it: a list of directions where there are two."""
    if isinstance(state, torch.Tensor):
        parts: list[Any] = list(state)
    else:
        parts = list(zip(*state, strict=True))
    return parts[0] if directions == 1 else parts


def recurrent_twin(module: Any) -> RecurrentTwin:
    """The twin of an `AnalogRNN`, without its weights.

    Raises:
        ValueError: its cells are of a kind that has no counterpart in PyTorch.
    """
    layers = []
    for layer in module.rnn.layers:
        directions = getattr(layer, "directions", None)
        cell = (directions[0] if directions is not None else layer).cell
        kind = type(cell).__name__
        if kind not in CELLS:
            raise ValueError(
                f"cells of the kind {kind} have no digital twin; there are {', '.join(CELLS)}"
            )
        first = cell.weight if kind == "AnalogLSTMCellCombinedWeight" else cell.weight_ih
        biased = first.bias is not None and first.bias is not False
        layers.append(
            CELLS[kind](
                cell.input_size, cell.hidden_size, bias=biased, bidirectional=directions is not None
            )
        )
    return RecurrentTwin(layers)
