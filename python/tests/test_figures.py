"""The figures of chips, as training and aihwkit get them."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimcc._figures import Figures


def test_figures_are_those_of_the_chip_file(program: str, tmp_path: Path) -> None:
    found = Figures.of("hermes", ["crossbar.rows=128"])
    assert (found.name, found.units["crossbar.rows"], found.units["adc.rounding"]) == (
        "hermes", "128", "floor",
    )  # fmt: skip
    name, model = found.device()
    assert name == "hermes-tdp" and model["devices-per-polarity"] == "2"
    assert found.device("hermes-odp")[0] == "hermes-odp"
    own = tmp_path / "own.yaml"
    own.write_text("extends: hermes\nname: own\nsummary: With a model.\ndevice-model: hermes-odp\n")
    assert Figures.of(str(own)).device()[0] == "hermes-odp"


def test_what_is_not_there_is_named(program: str) -> None:
    with pytest.raises(ValueError, match='there is no chip "nope"'):
        Figures.of("nope")
    with pytest.raises(
        ValueError, match="no device model 'nope'; it has hermes-odp, hermes-tdp, pcm"
    ):
        Figures.of("hermes").device("nope")
    with pytest.raises(ValueError, match="the chip none has no device models"):
        Figures("none", {}, {}, None).device()
