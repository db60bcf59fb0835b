"""Networks of Brevitas.

aimcc reads both forms that Brevitas exports, QCDQ and QONNX, and takes ranges and weights from
them; here is only the export.
"""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Literal

from aimcc.importers._optional import require
from aimcc.importers.torch import BATCH, evaluating

if TYPE_CHECKING:
    import onnx
    import torch
    from torch import nn

    from aimcc import Network

Form = Literal["qcdq", "qonnx"]


def from_brevitas(
    module: nn.Module, example_inputs: torch.Tensor, *, form: Form = "qcdq", batch: int | None = 0
) -> Network:
    """The network of a module of Brevitas; arguments and errors are those of `brevitas_to_onnx`."""
    from aimcc import from_onnx

    return from_onnx(brevitas_to_onnx(module, example_inputs, form=form, batch=batch))


def brevitas_to_onnx(
    module: nn.Module, example_inputs: torch.Tensor, *, form: Form = "qcdq", batch: int | None = 0
) -> onnx.ModelProto:
    """Exports a module of Brevitas as ONNX.

    Args:
        module: the network. It is exported in evaluation mode, and is as before afterwards.
        example_inputs: an input of the shape that it takes.
        form: "qcdq" for QuantizeLinear, Clip and DequantizeLinear; "qonnx" for the operators of
            QONNX, which also describe weights of a bit.
        batch: the dimension that counts samples, and is left open; `None` if it is that of the
            example.

    Raises:
        ImportError: brevitas or a package that it exports with is missing.
        ValueError: the form is unknown, or Brevitas cannot export the module.
    """
    load = require("onnx", "brevitas").load
    export = require("brevitas.export", "brevitas")
    forms = {"qcdq": export.export_onnx_qcdq, "qonnx": export.export_qonnx}
    if form not in forms:
        raise ValueError(f"form {form!r} is unknown; there are {' and '.join(map(repr, forms))}")
    axes = None if batch is None else {"input": {batch: BATCH}}
    with tempfile.TemporaryDirectory() as folder, evaluating(module):
        path = os.path.join(folder, "model.onnx")
        try:
            forms[form](
                module,
                args=example_inputs,
                export_path=path,
                opset_version=13,
                dynamo=False,
                input_names=["input"],
                output_names=["output"],
                dynamic_axes=axes,
            )
        except ImportError:
            raise
        except Exception as error:
            raise ValueError(f"Brevitas does not export this module: {error}") from error
        model: onnx.ModelProto = load(path)
    return model
