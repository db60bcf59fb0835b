"""aimcc: compiles neural networks to analog in-memory computing chips and simulates them.

>>> import aimcc
>>> result = aimcc.evaluate("model.onnx", "test.npz", times=["0", "1d", "1y"])
>>> print(result)
"""

from ._library import AimccWarning, version
from .errors import AimccError, Diagnostic, InputError, InternalError, Stopped, UsageError
from .evaluation import Evaluation, Row, evaluate
from .importers.aihwkit import from_aihwkit
from .importers.aimet import from_aimet
from .importers.brevitas import from_brevitas
from .importers.lightning import from_lightning
from .importers.to_aihwkit import to_aihwkit
from .importers.torch import from_torch
from .network import Network, Port, Program, from_onnx, read_program
from .sweeps import sweep

__all__ = [
    "AimccError",
    "AimccWarning",
    "Diagnostic",
    "Evaluation",
    "InputError",
    "InternalError",
    "Network",
    "Port",
    "Program",
    "Row",
    "Stopped",
    "UsageError",
    "evaluate",
    "from_aihwkit",
    "from_aimet",
    "from_brevitas",
    "from_lightning",
    "from_onnx",
    "from_torch",
    "read_program",
    "sweep",
    "to_aihwkit",
    "version",
]


def __getattr__(name: str) -> object:
    # What needs the library is looked up when it is used, so that the package imports without one.
    if name == "__version__":
        return version()
    raise AttributeError(f"module 'aimcc' has no attribute '{name}'")
