"""Layers that compute as on a chip in training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from aimcc.torch._chip import Chip


@dataclass
class Setup:
    """What all layers of a model share.

    Attributes:
        chip: its figures.
        times: the least and the largest time since programming, s; drawn evenly in the logarithm.
        adc: whether the counts of ADCs are rounded.
        noise: whether weights are shown as by devices: in training (`None`), always or never.
        measuring: the percentile of magnitudes that ranges are set to, while they are.
        seed: of the deviates.
    """

    chip: Chip
    times: tuple[float, float]
    adc: bool
    noise: bool | None
    measuring: float | None
    seed: int

    def __post_init__(self) -> None:
        """Makes the source of deviates."""
        self._generators: dict[torch.device, torch.Generator] = {}

    def generator(self, device: torch.device) -> torch.Generator:
        """The source of deviates of a device of PyTorch."""
        if device not in self._generators:
            self._generators[device] = torch.Generator(device).manual_seed(self.seed)
        return self._generators[device]

    def time(self) -> float:
        """A random time since programming, s."""
        drawn = torch.rand((), generator=self.generator(torch.device("cpu"))).item()
        low, high = self.times
        return low * (high / low) ** drawn


def converted(x: Tensor, range_: Tensor, codes: int) -> Tensor:
    """`x` clipped to ±`range_` and rounded to 2 · `codes` + 1 values.

    Rounding passes the gradient on, clipping gives it to the range, which is so learned (Esser et
    al., ICLR 2020).
    """
    # The step gets the gradient of every element of the tensor, hence the factor.
    factor = 1 / math.sqrt(max(1, x.numel() // len(x)) * codes)
    step = range_.abs() / codes
    step = step.detach() + factor * (step - step.detach())
    scaled = (x / step).clamp(-codes, codes)
    return (scaled + (scaled.round() - scaled).detach()) * step


class Blocks:
    """The blocks of rows of a matrix: as few as there can be, of sizes that differ by one at most.

    Args:
        inputs: rows of the matrix.
        rows: word lines of a crossbar.

    Attributes:
        count: blocks.
        size: rows of the tallest.
        real: bool[blocks, rows], whether a row is one of the matrix.
    """

    def __init__(self, inputs: int, rows: int) -> None:
        self.count = -(-inputs // rows)
        parts = torch.arange(inputs).tensor_split(self.count)
        self.size = max(len(part) for part in parts)
        # Blocks with a row less than others get one that no input reaches: row `inputs`.
        self.rows = torch.full((self.count, self.size), inputs)
        for number, part in enumerate(parts):
            self.rows[number, : len(part)] = part
        self.real = self.rows < inputs
        self.places = torch.cat(
            [number * self.size + torch.arange(len(part)) for number, part in enumerate(parts)]
        )

    def split(self, matrix: Tensor) -> Tensor:
        """[…, inputs] as […, blocks, rows]."""
        if self.count == 1:
            return matrix.unsqueeze(-2)
        return functional.pad(matrix, (0, 1))[..., self.rows.to(matrix.device)]

    def join(self, blocks: Tensor) -> Tensor:
        """[…, blocks, rows] as […, inputs]."""
        return blocks.flatten(-2)[..., self.places.to(blocks.device)]


class OnChip(nn.Module):
    """A layer of PyTorch with the chip in its forward pass.

    It has the parameters of the layer, under the same names, and its ranges.

    Args:
        layer: the layer, which stays as it is.
        setup: what all layers share.
    """

    def __init__(self, layer: nn.Module, setup: Setup) -> None:
        super().__init__()
        self.setup = setup
        self.layer = (layer,)  # in a tuple, so that its parameters do not count twice
        self.training = layer.training
        for name, parameter in layer.named_parameters(recurse=False):
            self._parameters[name] = parameter

    def __getattr__(self, name: str) -> Any:
        """What the layer itself has, such as `in_features`."""
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(self.layer[0], name)

    @property
    def is_noisy(self) -> bool:
        """Whether weights are shown as by devices."""
        noise = self.setup.noise
        return self.setup.measuring is None and (self.training if noise is None else noise)

    def weights(self, weight: Tensor, blocks: Blocks, time: float) -> Tensor:
        """`weight` as devices show it; the gradient passes the noise."""
        if not self.is_noisy:
            return weight
        with torch.no_grad():
            generator = self.setup.generator(weight.device)
            parts = blocks.split(weight.flatten(1))
            shown = self.setup.chip.shown(parts, blocks.real.to(weight.device), time, generator)
            error = blocks.join(shown).view_as(weight) - weight
        return weight + error


class Product(OnChip):
    """A convolution or dense layer.

    Attributes:
        input_range: the largest magnitude of inputs that the converters pass, in the model's units.
        output_range: the same of results; of no effect unless results are converted.
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(self, layer: nn.Module, setup: Setup) -> None:
        super().__init__(layer, setup)
        weight: Any = layer.weight
        self.input_range = nn.Parameter(torch.ones((), device=weight.device))
        self.output_range = nn.Parameter(torch.ones((), device=weight.device))
        self.converts_results = False
        self.rectifies = False
        self.is_out = False
        self.blocks = Blocks(weight[0].numel(), setup.chip.rows)

    def forward(self, x: Tensor) -> Tensor:
        """The results for inputs x, of the shapes of the layer."""
        setup = self.setup
        if setup.measuring is not None:
            set_range(self.input_range, x, setup.measuring)
            y: Tensor = self.layer[0](x)
        else:
            x = converted(x, self.input_range, setup.chip.input_codes)
            weight = self.weights(self.weight, self.blocks, setup.time())
            y = self.counted(x, weight) if setup.adc else self.product(x, weight, self.bias)
        return self.result(y) if self.converts_results else y

    def result(self, y: Tensor) -> Tensor:
        """Results between the layer, with what is folded into it, and the next one."""
        if self.rectifies:
            y = y.relu()
        if self.setup.measuring is not None:
            set_range(self.output_range, y, self.setup.measuring)
            return y
        return converted(y, self.output_range, self.setup.chip.output_codes)

    def product(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """The layer with other weights."""
        layer: Any = self.layer[0]
        if isinstance(layer, nn.Linear):
            return functional.linear(x, weight, bias)
        y: Tensor = layer._conv_forward(x, weight, bias)
        return y

    def counted(self, x: Tensor, weight: Tensor) -> Tensor:
        """The layer with the counts of every block, of both polarities; gradients pass them."""
        blocks, chip = self.blocks, self.setup.chip
        # What a count of a column is, in units of the model.
        scale = blocks.split(self.weight.detach().flatten(1)).abs().amax(2).clamp(min=1e-30)
        unit = scale * self.input_range.detach().abs() / chip.input_codes / chip.counts
        difference: Tensor = self.by_block(x, weight)
        linear = isinstance(self.layer[0], nn.Linear)
        spatial = () if linear else (1,) * (difference.dim() - 3)
        # Outputs and blocks, counted from the last dimension.
        kept = (2, 1) if linear else (2 + len(spatial), 1 + len(spatial))
        if not linear:
            unit = unit.view(*unit.shape, *spatial)
        with torch.no_grad():
            both = self.by_block(x.abs(), weight.abs())
            currents = torch.stack([both + difference, both - difference]) / (2 * unit)
            # aimcc lowers the conductances of columns that would have more than the largest count.
            samples = [
                place for place in range(currents.dim()) if currents.dim() - place not in kept
            ]
            lowered = currents.amax(samples, keepdim=True) / chip.largest_count
            lowered = lowered.clamp(min=1)
            currents = currents / lowered
            if self.is_noisy and chip.count_noise > 0:
                deviates = torch.randn(
                    currents.shape,
                    generator=self.setup.generator(currents.device),
                    device=currents.device,
                    dtype=currents.dtype,
                )
                currents = (currents + chip.count_noise * deviates).clamp(min=0)
            positive, negative = chip.count(currents)
            error = (positive - negative) * unit * lowered[0] - difference
        y: Tensor = (difference + error).sum(-1 if linear else 2)
        if self.bias is not None:
            y = y + self.bias.view(-1, *spatial)
        return y

    def by_block(self, x: Tensor, weight: Tensor) -> Tensor:
        """The products of every block of rows, without the bias.

        Returns:
            f32[…, outputs, blocks] of a dense layer, f32[samples, outputs, blocks, …] of a
            convolution.
        """
        blocks = self.blocks
        linear = isinstance(self.layer[0], nn.Linear)
        if blocks.count == 1:
            return self.product(x, weight, None).unsqueeze(-1 if linear else 2)
        parts = blocks.split(weight.flatten(1))
        if linear:
            return torch.einsum("...kr,okr->...ok", blocks.split(x), parts)
        # A kernel for each block, with zeros in the rows of the others.
        alone = torch.eye(blocks.count, device=x.device)[:, :, None] * parts[:, None]
        kernels = blocks.join(alone).reshape(-1, *weight.shape[1:])
        y = self.product(x, kernels, None)
        return y.reshape(len(y), len(weight), blocks.count, *y.shape[2:])


class Recurrent(OnChip):
    """An LSTM, whose weights are shown as by devices. Its converters are left out.

    Both matrices of a layer share their columns, those of inputs above those of the hidden state.
    """

    def __init__(self, layer: nn.Module, setup: Setup) -> None:
        super().__init__(layer, setup)
        self.blocks = {}
        for name, weight in layer.named_parameters(recurse=False):
            if name.startswith("weight_ih"):
                rows = weight.shape[1] + getattr(layer, _hidden(name)).shape[1]
                self.blocks[name] = Blocks(rows, setup.chip.rows)

    def forward(self, x: Tensor, state: Any = None) -> Any:
        """The results and the last state, as of `torch.nn.LSTM`."""
        layer: Any = self.layer[0]
        time = self.setup.time()
        weights = {name: getattr(self, name) for name in layer._flat_weights_names}
        for name, blocks in self.blocks.items():
            pair = [weights[name], weights[_hidden(name)]]
            shown = self.weights(torch.cat(pair, dim=1), blocks, time)
            weights[name], weights[_hidden(name)] = shown.tensor_split([pair[0].shape[1]], dim=1)
        kept = layer._flat_weights
        layer.training = self.training
        layer._flat_weights = list(weights.values())
        try:
            return layer(x, state)
        finally:
            layer._flat_weights = kept


def _hidden(name: str) -> str:
    """The matrix of the hidden state beside one of inputs: `weight_hh_l0` of `weight_ih_l0`."""
    return name.replace("_ih_", "_hh_")


@torch.no_grad()
def set_range(range_: nn.Parameter, x: Tensor, percentile: float) -> None:
    """Sets a range to a percentile of the magnitudes of x."""
    values = x.detach().abs().flatten().float()
    place = min(int(percentile * values.numel()), values.numel() - 1)
    range_.copy_(values.kthvalue(place + 1).values.clamp(min=1e-12))
