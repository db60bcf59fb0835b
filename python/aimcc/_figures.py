"""The figures of a chip, as the `aimcc` command prints them."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Any

from aimcc.command import program


def chip_figures(chip: str, settings: Sequence[str] = ()) -> dict[str, Any]:
    """The canonical text of a chip (Specs/chip.md) as nested dictionaries of texts.

    Args:
        chip: a preset, or the path of a chip file.
        settings: changes as of `--set`, such as `crossbar.rows=128`.

    Raises:
        FileNotFoundError: the `aimcc` command is not there.
        ValueError: aimcc refuses the chip; the message is its own.
    """
    command = [program(), "chips", chip]
    for setting in settings:
        command += ["--set", setting]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(done.stderr.strip())
    return parsed(done.stdout)


def parsed(text: str) -> dict[str, Any]:
    """Canonical text as nested dictionaries; lists are left out."""
    root: dict[str, Any] = {}
    levels = [root]
    for line in text.splitlines():
        content = line.lstrip()
        if not content or content.startswith("- "):
            continue
        depth = (len(line) - len(content)) // 2
        key, _, value = content.partition(":")
        del levels[depth + 1 :]
        if value.strip():
            levels[-1][key] = value.strip().strip('"')
        else:
            levels.append(levels[-1].setdefault(key, {}))
    return root


def device_of(figures: dict[str, Any], device: str | None = None) -> tuple[str, dict[str, str]]:
    """A device model of a chip: its name, and its figures.

    Args:
        figures: of the chip.
        device: the name; the chip's own where left out (Specs/chip.md, "Devices").

    Raises:
        ValueError: the chip has no such device model.
    """
    models: Any = figures["devices"]
    if not isinstance(models, dict):
        raise ValueError(f"the chip {figures['name']} has no device models")
    if device is None:
        count = figures["crossbar"]["devices-per-polarity"]
        fitting = [n for n in sorted(models) if models[n]["devices-per-polarity"] == count]
        device = figures.get("device-model") or [*fitting, *sorted(models)][0]
    if device not in models:
        raise ValueError(
            f"the chip {figures['name']} has no device model {device!r}; it has"
            f" {', '.join(sorted(models))}"
        )
    return device, models[device]
