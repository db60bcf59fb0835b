"""A chip in the forward pass: how it shows weights, and what its converters make of values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from aimcc._figures import Figures

SMALLEST = 1e-7  # relative conductance that curves with a logarithm or a power count at least


@dataclass(frozen=True)
class Curve:
    """A figure over the relative conductance r, as chip files write it (Specs/chip.md).

    Attributes:
        polynomial: coefficients from C0 on; empty if there is none.
        bounded: A and B of A + B·ln r or A·rᴮ; `None` if there is none.
        is_power: whether it is the latter.
        within: the least and the largest value of the former two.
        below: the relative conductance from which the polynomial holds.
    """

    polynomial: tuple[float, ...] = ()
    bounded: tuple[float, float] | None = None
    is_power: bool = False
    within: tuple[float, float] = (-math.inf, math.inf)
    below: float = math.inf

    @classmethod
    def read(cls, text: str) -> Curve:
        """The curve of its text in a chip file."""
        words = text.split()
        polynomial: tuple[float, ...] = ()
        if "polynomial" in words:
            at = words.index("polynomial")
            polynomial = tuple(float(word) for word in words[at + 1 :])
            words = words[:at]
        if not words:
            return cls(polynomial)
        a, b, low, high = (float(words[place]) for place in (1, 2, 4, 5))
        below = float(words[7]) if len(words) > 7 else math.inf
        return cls(polynomial, (a, b), words[0] == "power", (low, high), below)

    def __call__(self, r: Tensor) -> Tensor:
        """The figure at every relative conductance."""
        value = torch.zeros_like(r)
        for coefficient in reversed(self.polynomial):
            value = value * r + coefficient
        if self.bounded is None:
            return value
        a, b = self.bounded
        at_least = r.clamp(min=SMALLEST)
        curve = a * at_least**b if self.is_power else a + b * at_least.log()
        curve = curve.clamp(*self.within)
        return torch.where(r < self.below, curve, value) if self.polynomial else curve


@dataclass(frozen=True)
class Chip:
    """The figures of a chip and of one of its device models that training needs.

    Attributes:
        rows: word lines of a crossbar.
        largest: largest conductance of a side, in parts of `maximum`.
        maximum: conductance at r = 1, µS.
        first_read: time from programming to the first read, s.
        read_time: duration of a read, s.
        parts: devices of a side that are filled in turn; 1 where all hold the same.
        programming_spread: standard deviation of a programmed conductance, µS.
        drift_mean: mean of the drift exponent, of a part, as are the next two.
        drift_spread: standard deviation of the drift exponent.
        read_noise: relative read noise per √ln of time.
        input_codes: the largest code of a DAC.
        output_codes: the largest code of a result.
        counts: counts of the ADC for a code of 1 at the largest conductance.
        largest_count: the largest count.
        floors: whether a current between two counts is the lower one, not the nearer one.
        count_noise: standard deviation of the noise of a count.
    """

    rows: int
    largest: float
    maximum: float
    first_read: float
    read_time: float
    parts: int
    programming_spread: Curve
    drift_mean: Curve
    drift_spread: Curve
    read_noise: Curve
    input_codes: int
    output_codes: int
    counts: float
    largest_count: int
    floors: bool
    count_noise: float

    @classmethod
    def named(cls, chip: str, device: str | None = None, settings: Sequence[str] = ()) -> Chip:
        """A preset or chip file, with one of its device models.

        Args:
            chip: the preset, or the path of the file.
            device: the device model; the chip's own where left out.
            settings: changes as of `--set`, such as `crossbar.rows=128`.

        Raises:
            FileNotFoundError: the `aimcc` command is not there.
            ValueError: there is no such chip, or it has no such device model.
        """
        figures = Figures.of(chip, settings)
        _, model = figures.device(device)
        units = figures.units
        input_codes = 2 ** (int(units["dac.bits"]) - 1) - 1
        largest_count = 2 ** int(units["adc.bits"]) - 1
        return cls(
            rows=int(units["crossbar.rows"]),
            largest=float(units["crossbar.g-max"]) / float(model["maximum-conductance"]),
            maximum=float(model["maximum-conductance"]),
            first_read=float(model["first-read"]),
            read_time=float(model["read-time"]),
            parts=(int(model["devices-per-polarity"]) if model.get("filling") == "in-turn" else 1),
            programming_spread=Curve.read(model["programming-spread"]),
            drift_mean=Curve.read(model["drift-mean"]),
            drift_spread=Curve.read(model["drift-spread"]),
            read_noise=Curve.read(model["read-noise"]),
            input_codes=input_codes,
            output_codes=2 ** (int(units["ldpu.output-bits"]) - 1) - 1,
            counts=float(units["adc.counts-per-g-max"]) / input_codes,
            largest_count=largest_count,
            floors=units["adc.rounding"] == "floor",
            count_noise=float(units.get("circuit.output-noise", "0")) * largest_count,
        )

    def count(self, currents: Tensor) -> Tensor:
        """The counts of currents, which are in units of a count."""
        return currents.floor() if self.floors else currents.round()

    def side(self, target: Tensor, time: float, generator: torch.Generator) -> Tensor:
        """What a read sees of one side of every pair (Specs/numerics.md, "Devices").

        Args:
            target: targets in parts of `maximum`, of any shape.
            time: seconds since programming.
            generator: the source of deviates.

        Returns:
            conductances in parts of `maximum`, of the shape of `target`.
        """

        def deviates() -> Tensor:
            return torch.randn(
                target.shape, generator=generator, device=target.device, dtype=target.dtype
            )

        spread = self.programming_spread(target) / self.maximum
        programmed = (target + spread * deviates()).clamp(min=0)
        t = time + self.first_read
        accumulated = math.sqrt(math.log((t + self.read_time) / (2 * self.read_time)))
        read = torch.zeros_like(target)
        exponent = read
        for part in range(self.parts):
            state = self.state(target, part)
            drawn = (self.drift_mean(state) + self.drift_spread(state) * deviates()).abs()
            # What is programmed beyond the last part of the target lies in that part.
            exponent = drawn if part == 0 else torch.where(state > 0, drawn, exponent)
            state = self.state(programmed, part)
            drifted = state / self.parts * torch.exp(-exponent * math.log(t / self.first_read))
            noise = self.read_noise(state) * accumulated * deviates()
            read = read + drifted * (1 + noise)
        return read.clamp(min=0)

    def state(self, conductance: Tensor, part: int) -> Tensor:
        """What a part of a side holds of its conductance, in parts of the part's largest one."""
        most = None if part == self.parts - 1 else 1.0
        return (conductance * self.parts - part).clamp(min=0, max=most)

    def shown(
        self, blocks: Tensor, real: Tensor, time: float, generator: torch.Generator
    ) -> Tensor:
        """Weights as crossbars show them, after the global drift compensation of every block.

        Args:
            blocks: f32[outputs, blocks, rows], the largest magnitude of each column of a block at
                the largest conductance.
            real: bool[blocks, rows], whether a row belongs to the matrix.
            time: seconds since programming.
            generator: the source of deviates.

        Returns:
            weights of the shape of `blocks`.
        """
        scale = blocks.abs().amax(2, keepdim=True).clamp(min=1e-30) / self.largest
        target = blocks / scale
        sides = self.side(torch.stack([target, -target]).clamp(min=0), time, generator)
        shown = (sides[0] - sides[1]) * scale * real
        kept = blocks.abs().sum((0, 2), keepdim=True)
        seen = shown.abs().sum((0, 2), keepdim=True)
        return shown * torch.where(kept > 0, kept / seen.clamp(min=1e-30), 1.0)
