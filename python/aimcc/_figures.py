"""The figures of a chip, as the `aimcc` command prints them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from aimcc.command import program


@dataclass(frozen=True)
class Figures:
    """All that a chip file has (Specs/chip.md).

    Attributes:
        name: of the chip.
        units: texts by the keys of `--set`, such as `crossbar.rows`.
        devices: of each device model the texts by key.
        own_device: the device model that holds where none is named; `None` of a chip without any.
    """

    name: str
    units: dict[str, str]
    devices: dict[str, dict[str, str]]
    own_device: str | None

    @classmethod
    def of(cls, chip: str, settings: Sequence[str] = ()) -> Figures:
        """The figures of a preset or chip file.

        Args:
            chip: a preset, or the path of a chip file.
            settings: changes as of `--set`, such as `crossbar.rows=128`.

        Raises:
            FileNotFoundError: the `aimcc` command is not there.
            ValueError: aimcc refuses the chip; the message is its own.
        """
        command = [program(), "chips", chip, "--json"]
        for setting in settings:
            command += ["--set", setting]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ValueError(done.stderr.strip())
        (found,) = json.loads(done.stdout)["chips"]
        figures = found["figures"]
        return cls(found["name"], figures["units"], figures["devices"], figures.get("device"))

    def device(self, name: str | None = None) -> tuple[str, dict[str, str]]:
        """A device model: its name, and its figures.

        Args:
            name: the chip's own where left out.

        Raises:
            ValueError: the chip has no such device model.
        """
        name = name or self.own_device
        if name is None:
            raise ValueError(f"the chip {self.name} has no device models")
        if name not in self.devices:
            raise ValueError(
                f"the chip {self.name} has no device model {name!r}; it has"
                f" {', '.join(sorted(self.devices)) or 'none'}"
            )
        return name, self.devices[name]
