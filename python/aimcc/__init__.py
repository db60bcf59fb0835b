"""aimcc: compiles neural networks to analog in-memory computing chips and simulates them.

>>> import aimcc
>>> result = aimcc.evaluate("model.onnx", "test.npz", times=["0", "1d", "1y"])
>>> print(result)
"""

from ._library import AimccWarning, version
from .errors import AimccError, Diagnostic, InputError, InternalError, Stopped, UsageError
from .evaluation import Evaluation, Row, evaluate
from .network import Network, Port, Program, from_onnx, read_program

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
    "from_onnx",
    "read_program",
    "version",
]


def __getattr__(name: str) -> object:
    # What needs the library is looked up when it is used, so that the package imports without one.
    if name == "__version__":
        return version()
    raise AttributeError(f"module 'aimcc' has no attribute '{name}'")
