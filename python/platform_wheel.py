"""What the build of the wheel adds to pyproject.toml: the version and the platform."""

import re
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

VERSION_FILE = Path(__file__).parent.parent / "Sources" / "Compiler" / "Version.swift"


class Version(MetadataHookInterface):
    """Takes the version from where the compiler has it."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        found = re.search(r'version = "([0-9.]+)"', VERSION_FILE.read_text())
        if found is None:
            raise ValueError(f"{VERSION_FILE} holds no version")
        metadata["version"] = found[1]


class Platform(BuildHookInterface[Any]):
    """Marks the wheel: any Python 3, this platform."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build_data["pure_python"] = False
        build_data["tag"] = "py3-none-linux_x86_64"
