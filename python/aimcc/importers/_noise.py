"""The models of noise of aihwkit, and what aimcc has of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aimcc.importers._layers import Trained

# What `HermesNoiseModel` and `PCMLikeNoiseModel` must be for aimcc to have the same: figures by
# device model of aimcc. Those of the presets come from the same fits.
SCALES = {"prog_noise_scale": 1.0, "read_noise_scale": 1.0, "drift_scale": 1.0}
MODELS: dict[str, tuple[str, dict[str, float]]] = {
    "hermes-tdp": (
        "HermesNoiseModel",
        {"num_devices": 2, "g_max": 20.7, "t_0": 300.0, "t_read": 512e-9, **SCALES},
    ),
    "hermes-odp": (
        "HermesNoiseModel",
        {"num_devices": 1, "g_max": 10.35, "t_0": 200.0, "t_read": 512e-9, **SCALES},
    ),
    "pcm": ("PCMLikeNoiseModel", {"g_max": 25.0, "t_0": 20.0, "t_read": 250e-9, **SCALES}),
}
# Presets whose largest conductance is that of the device model.
CHIPS = {"hermes-tdp": "hermes", "hermes-odp": "hermes-odp"}
ROUTINES = {
    "GlobalDriftCompensation": "global",
    "GlobalDriftCompensationWithExactReference": "global",
    "PerColumnDriftCompensation": "column",
}


def trained_for(configurations: Iterable[Any], notes: list[str]) -> Trained:
    """What the tiles of a network were trained for, of their configurations."""
    seen: dict[Any, list[tuple[Any, Any, Any]]] = {}
    for configuration in configurations:
        model = getattr(configuration, "noise_model", None)
        compensation = getattr(configuration, "drift_compensation", None)
        found = (_name(model), _device(model, []), _routine(compensation, []))
        seen.setdefault(found, []).append((model, compensation, configuration))
    if len(seen) > 1:
        notes.append("tiles differ in noise model or drift compensation: those of most are taken")
    model, compensation, configuration = max(seen.values(), key=len)[0]
    device, routine = _device(model, notes), _routine(compensation, notes)
    _note_converters(configuration, notes)
    chip = CHIPS.get(device) if device else None
    return Trained(_name(model), device, chip, routine, tuple(notes))


def _name(value: Any) -> str | None:
    return None if value is None else type(value).__name__


def _device(model: Any, notes: list[str]) -> str | None:
    """The device model of aimcc that is `model`; what differs goes to `notes`."""
    if model is None:
        return None
    closest: tuple[int, str | None, list[str]] = (0, None, [])
    for device, (name, figures) in MODELS.items():
        if type(model).__name__ != name:
            continue
        differing = [
            f"{key} = {getattr(model, key)} (aimcc: {value:g})"
            for key, value in figures.items()
            if abs(float(getattr(model, key, value)) - value) > 1e-12
        ]
        if not differing:
            return device
        if closest[1] is None or len(differing) < closest[0]:
            closest = (len(differing), device, differing)
    if closest[1] is None:
        notes.append(f"aimcc has no device model that is {type(model).__name__}")
    else:
        figures_text = ", ".join(closest[2])
        notes.append(f"{type(model).__name__} is not quite {closest[1]}: {figures_text}")
    return closest[1]


def _routine(compensation: Any, notes: list[str]) -> str:
    if compensation is None:
        return "none"
    name = type(compensation).__name__
    if name not in ROUTINES:
        notes.append(f"aimcc has no calibration that is {name}; a factor a tile is taken")
    return ROUTINES.get(name, "global")


def _note_converters(configuration: Any, notes: list[str]) -> None:
    """Says which converters training has assumed."""
    forward = getattr(configuration, "forward", None)
    if forward is None or forward.is_perfect:
        notes.append("trained without converters")
        return
    steps = {"inputs": forward.inp_res, "results": forward.out_res}
    counts = [
        f"{_steps(value)} of {what}"
        for what, value in steps.items()
        if value is not None and value > 0
    ]
    if counts:
        notes.append(f"trained for converters with {' and '.join(counts)}")


def _steps(resolution: float) -> str:
    """The steps from the least to the largest value; aihwkit also takes one by their number."""
    return f"{round(resolution if resolution > 1 else 1 / resolution)} steps"
