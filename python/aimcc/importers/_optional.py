"""Packages that only some functions need."""

import importlib
from types import ModuleType


def require(name: str, extra: str) -> ModuleType:
    """The module `name`.

    Raises:
        ImportError: it is not installed; the message names the extra of aimcc that brings it.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != name.split(".")[0]:
            raise
        message = f"this needs the package {name.split('.')[0]}: pip install 'aimcc[{extra}]'"
        raise ImportError(message) from error
