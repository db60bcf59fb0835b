"""Puts a chip into the forward pass of a model, and takes it out again."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from aimcc.importers.torch import evaluating
from aimcc.torch._chip import Chip
from aimcc.torch._layers import OnChip, Product, Recurrent, Setup

if TYPE_CHECKING:
    import onnx

    from aimcc.importers.torch import Exporter

DAY, YEAR = 86400.0, 365 * 86400.0
PRODUCTS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
NORMALIZATIONS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def inject(
    model: nn.Module,
    chip: str | Chip,
    inputs: Tensor | Sequence[Tensor],
    *,
    device: str | None = None,
    layers: Iterable[str] | None = None,
    times: tuple[float, float] = (DAY, YEAR),
    percentile: float = 0.9999,
    adc: bool = True,
    seed: int = 0,
) -> Injection:
    """Lets a model compute as on a chip in training.

    In the forward pass of every dense layer and convolution:

    - inputs are clipped to a range and rounded to the codes of the DACs;
    - weights are shown as by the chip's devices at a random time: programmed, drifted and read by
      the device model, column by column in blocks of a crossbar's rows, and scaled by a factor for
      each block as drift compensation does. In evaluation mode there is no noise;
    - the currents of both polarities of every block are counted as by the ADCs, in training with
      the noise of a count. Gains of ADCs, which a calibration corrects, and resistance of wires
      are left out, as are cells that do not converge;
    - results, after a batch normalization and a ReLU that follow the layer alone, are rounded to
      the codes of the digital units.

    Rounding and noise pass the gradient on, clipping gives it to the ranges, which are so learned.
    LSTMs get the noise of devices alone: their ranges are left to calibration.

    Args:
        model: changed in place: its layers are replaced, under the same names and with the same
            parameters, until `Injection.remove`.
        chip: a preset, the path of a chip file, or its figures.
        inputs: typical inputs of the model, from which ranges begin.
        device: the device model; the chip's own where left out.
        layers: names of the layers that the chip computes; all where left out.
        times: the least and the largest time since programming, s, drawn evenly in the logarithm.
        percentile: the share of magnitudes within a range at first.
        adc: whether currents are counted, which costs a second product, and a convolution a product
            for each block.
        seed: of the noise.

    Raises:
        ValueError: there is no such chip, device model or layer, or the times are not above 0 in
            ascending order.
    """
    if not 0 < times[0] <= times[1]:
        raise ValueError(f"times {times} are not above 0 in ascending order")
    if not 0 < percentile <= 1:
        raise ValueError(f"percentile {percentile} is not above 0 and at most 1")
    figures = chip if isinstance(chip, Chip) else Chip.named(chip, device)
    setup = Setup(figures, times, adc, None, None, seed)
    injection = Injection(model, setup, _chosen(model, layers))
    injection.set_ranges(inputs, percentile)
    return injection


def _chosen(model: nn.Module, layers: Iterable[str] | None) -> list[str]:
    """The layers of a model that a chip can compute, or those of `layers`."""
    kinds = (*PRODUCTS, nn.LSTM)
    able = [name for name, part in model.named_modules() if name and isinstance(part, kinds)]
    if layers is None:
        if not able:
            raise ValueError(
                "the model has no layer of those that a chip computes: Linear, Conv, LSTM"
            )
        return able
    chosen = list(layers)
    unknown = [name for name in chosen if name not in able]
    if unknown:
        raise ValueError(f"no such layers: {', '.join(unknown)}; there are {', '.join(able)}")
    return chosen


class Injection:
    """A chip in the forward pass of a model.

    Attributes:
        model: the model.
        layers: its layers on the chip, by name.
    """

    def __init__(self, model: nn.Module, setup: Setup, names: Sequence[str]) -> None:
        self.model = model
        self.layers: dict[str, OnChip] = {}
        self._setup = setup
        self._hooks: list[Any] = []
        ends = _ends(model, names)
        for name in names:
            kind = Recurrent if isinstance(model.get_submodule(name), nn.LSTM) else Product
            self.layers[name] = kind(model.get_submodule(name), setup)
        for name, (end, rectifies) in ends.items():
            layer = self.layers[name]
            if isinstance(layer, Product):
                layer.rectifies = rectifies
                layer.converts_results = end == name
                if end != name:
                    part = model.get_submodule(end)
                    self._hooks.append(part.register_forward_hook(_after(layer)))
        self._results = set(ends)
        self._put(self.layers)

    def set_ranges(self, inputs: Tensor | Sequence[Tensor], percentile: float = 0.9999) -> None:
        """Sets all ranges to a percentile of the magnitudes that typical inputs give."""
        given = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
        self._setup.measuring = percentile
        try:
            with evaluating(self.model), torch.no_grad():
                self.model(*given)
        finally:
            self._setup.measuring = None

    @contextlib.contextmanager
    def noise(self, on: bool, seed: int | None = None) -> Iterator[None]:
        """Noise of devices always or never for a while, whatever the mode of the model.

        Args:
            on: whether there is noise.
            seed: of its deviates; those of training go on where left out.
        """
        setup = self._setup
        kept, generators = setup.noise, setup._generators
        setup.noise = on
        if seed is not None:
            setup._generators = {}
            setup.seed, trained = seed, setup.seed
        try:
            yield
        finally:
            setup.noise = kept
            if seed is not None:
                setup._generators, setup.seed = generators, trained

    def ranges(self) -> list[nn.Parameter]:
        """The ranges that are learned."""
        found: list[nn.Parameter] = []
        for name, layer in self.layers.items():
            if isinstance(layer, Product):
                found.append(layer.input_range)
                found += [layer.output_range] if name in self._results else []
        return found

    def parameter_groups(self, rate: float) -> list[dict[str, Any]]:
        """Groups for an optimizer: the parameters of the model, and ranges, which do not decay."""
        ranges = self.ranges()
        unused = [
            layer.output_range for layer in self.layers.values() if isinstance(layer, Product)
        ]
        apart = {id(value) for value in (*ranges, *unused)}
        others = [value for value in self.model.parameters() if id(value) not in apart]
        return [{"params": others, "lr": rate}, {"params": ranges, "lr": rate, "weight_decay": 0.0}]

    @torch.no_grad()
    def clip_weights(self, deviations: float = 2.5) -> None:
        """Clips the weights of every layer to some standard deviations.

        The largest weight of a column sets how large the noise on all others is.
        """
        for layer in self.layers.values():
            for name, weight in layer.named_parameters(recurse=False):
                if name.startswith("weight"):
                    bound = deviations * weight.std().item()
                    weight.clamp_(-bound, bound)

    def export(
        self,
        example_inputs: Tensor | Sequence[Tensor],
        *,
        batch: int | None = 0,
        exporter: Exporter = "dynamo",
        input_names: Sequence[str] | None = None,
        output_names: Sequence[str] | None = None,
    ) -> onnx.ModelProto:
        """The model in ONNX, with its ranges in `metadata_props` (Specs/cli.md).

        The arguments and errors are those of `aimcc.importers.torch.torch_to_onnx`.
        """
        from aimcc.importers._names import name_layers, set_ranges
        from aimcc.importers.torch import torch_to_onnx

        with self._removed():
            model = torch_to_onnx(
                self.model,
                example_inputs,
                batch=batch,
                exporter=exporter,
                input_names=input_names,
                output_names=output_names,
            )
        nodes = name_layers(model, self.layers)
        inputs, outputs = {}, {}
        for name, layer in self.layers.items():
            if isinstance(layer, Product):
                for node in nodes.get(name, []):
                    inputs[node] = abs(layer.input_range.item())
                    if name in self._results:
                        outputs[node] = abs(layer.output_range.item())
        set_ranges(model, inputs, outputs)
        return model

    def remove(self) -> None:
        """Puts the layers of PyTorch back, with what they have learned."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []
        self._put({name: layer.layer[0] for name, layer in self.layers.items()})

    @contextlib.contextmanager
    def _removed(self) -> Iterator[None]:
        """The layers of PyTorch for a while."""
        measuring, self._setup.measuring = self._setup.measuring, None
        hooks = [layer for layer in self.layers.values() if isinstance(layer, Product)]
        kept = [layer.is_out for layer in hooks]
        for layer in hooks:
            layer.is_out = True
        self._put({name: layer.layer[0] for name, layer in self.layers.items()})
        try:
            yield
        finally:
            self._put(self.layers)
            for layer, out in zip(hooks, kept, strict=True):
                layer.is_out = out
            self._setup.measuring = measuring

    def _put(self, parts: Any) -> None:
        for name, part in parts.items():
            parent, _, own = name.rpartition(".")
            parts_of_parent = self.model.get_submodule(parent)._modules
            part.training = getattr(parts_of_parent[own], "training", part.training)
            parts_of_parent[own] = part


def _after(layer: Product) -> Any:
    """A hook that converts the results behind a normalization."""

    def hook(_module: nn.Module, _inputs: Any, y: Tensor) -> Tensor:
        return y if layer.is_out else layer.result(y)

    return hook


RECTIFIERS = (functional.relu, torch.relu, torch.relu_)


def _ends(model: nn.Module, names: Sequence[str]) -> dict[str, tuple[str, bool]]:
    """The module that gives the results of every layer, and whether a ReLU follows.

    It is the layer itself, or a batch normalization that alone reads it. Layers that are called
    more than once are left out, and all if the model cannot be traced.
    """
    try:
        graph = fx.Tracer().trace(model)
    except Exception as error:
        warnings.warn(
            f"results are not converted, since torch.fx cannot trace the model: {error}",
            stacklevel=4,
        )
        return {}
    calls: dict[str, list[fx.Node]] = {}
    for node in graph.nodes:
        if node.op == "call_module":
            calls.setdefault(str(node.target), []).append(node)
    ends = {}
    for name in names:
        if len(calls.get(name, [])) != 1 or isinstance(model.get_submodule(name), nn.LSTM):
            continue
        node, end = calls[name][0], name
        following = _only_user(node)
        if following is not None and following.op == "call_module":
            part = str(following.target)
            if isinstance(model.get_submodule(part), NORMALIZATIONS) and len(calls[part]) == 1:
                node, end = following, part
        ends[name] = (end, _rectifies(model, _only_user(node)))
    return ends


def _only_user(node: fx.Node) -> fx.Node | None:
    return next(iter(node.users)) if len(node.users) == 1 else None


def _rectifies(model: nn.Module, node: fx.Node | None) -> bool:
    if node is None:
        return False
    if node.op == "call_module":
        return isinstance(model.get_submodule(str(node.target)), nn.ReLU)
    if node.op == "call_method":
        return node.target in ("relu", "relu_")
    return node.op == "call_function" and node.target in RECTIFIERS
