"""onnx's reference evaluator, with its own NumPy for what that one gets wrong or lacks.

Each class is written from the operator's specification; its comment says where the evaluator departs.
"""

import numpy as np
from onnx import helper, inliner
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun
from onnx.reference.ops import op_resize


class Operator(OpRun):
    op_domain = ""

    def attribute(self, name, default):
        """The node's own attribute: OpRun fills in the defaults of the newest opset."""
        for attribute in self.onnx_node.attribute:
            if attribute.name == name:
                return helper.get_attribute_value(attribute)
        return default

    @property
    def opset(self):
        return self.run_params["opsets"][""]


class BatchNormalization(Operator):
    """The evaluator takes `momentum` as a sign of training before opset 14."""

    def _run(self, x, scale, bias, mean, variance, **attributes):
        axes = [-1] + [1] * (x.ndim - 2)
        gain = scale / np.sqrt(variance + self.attribute("epsilon", 1e-5))
        y = (x - mean.reshape(axes)) * gain.reshape(axes) + bias.reshape(axes)
        return (y.astype(x.dtype),)


class LogSoftmax(Operator):
    """The evaluator takes one axis in every opset, and the logarithm of what has become 0."""

    def _run(self, x, **attributes):
        if self.opset < 13:
            axis = self.attribute("axis", 1) % x.ndim
            flat, over = x.reshape(int(np.prod(x.shape[:axis])), -1), 1
        else:
            flat, over = x, self.attribute("axis", -1)
        shifted = flat.astype(np.float64) - flat.max(over, keepdims=True)
        logarithm = shifted - np.log(np.exp(shifted).sum(over, keepdims=True))
        return (logarithm.reshape(x.shape).astype(x.dtype),)


class Softmax(LogSoftmax):
    """The evaluator takes one axis in every opset."""

    def _run(self, x, **attributes):
        return (np.exp(super()._run(x)[0]),)


class GlobalMaxPool(Operator):
    """The evaluator knows four axes only."""

    def _run(self, x, **attributes):
        return (x.max(tuple(range(2, x.ndim)), keepdims=True),)


class MaxPool(Operator):
    """The evaluator gets the size or the place of strided SAME_LOWER windows wrong."""

    def _run(self, x, **attributes):
        kernel = np.array(self.attribute("kernel_shape", None))
        axes = len(kernel)
        strides = np.array(self.attribute("strides", [1] * axes))
        dilations = np.array(self.attribute("dilations", [1] * axes))
        pads = np.array(self.attribute("pads", [0] * 2 * axes)).reshape(2, axes)
        mode = self.attribute("auto_pad", b"NOTSET").decode()
        size, extent = np.array(x.shape[2:]), (kernel - 1) * dilations + 1
        if mode.startswith("SAME"):
            counts = -(-size // strides)
            total = np.maximum((counts - 1) * strides + extent - size, 0)
            pads = np.array([total // 2, total - total // 2])
            pads = pads if mode == "SAME_UPPER" else pads[::-1]
        else:
            room = size + pads.sum(0) - extent
            up = self.attribute("ceil_mode", 0)
            counts = (-(-room // strides) if up else room // strides) + 1
            # A window must not begin in the padding after the end.
            counts -= (counts - 1) * strides >= size + pads[0]
        after = np.maximum((counts - 1) * strides + extent - size - pads[0], 0)
        padding = [(0, 0), (0, 0), *zip(pads[0], after)]
        padded = np.pad(x, padding, constant_values=-np.inf)
        result = np.full([*x.shape[:2], *counts], -np.inf, x.dtype)
        for offset in np.ndindex(*kernel):
            starts = np.array(offset) * dilations
            window = [slice(a, a + (c - 1) * s + 1, s) for a, c, s in zip(starts, counts, strides)]
            result = np.maximum(result, padded[(..., *window)])
        return (result,)


class Pad(Operator):
    """The evaluator knows no negative sizes."""

    def _run(self, x, pads=None, value=None, axes=None, mode=None, **attributes):
        pads = np.asarray(self.attribute("pads", pads)).reshape(2, -1)
        value = self.attribute("value", 0 if value is None else value)
        every = np.zeros((2, x.ndim), int)
        every[:, range(x.ndim) if axes is None else axes] = pads
        crop = tuple(slice(max(0, -a), n - max(0, -b)) for a, b, n in zip(*every.tolist(), x.shape))
        mode = self.attribute("mode", b"constant").decode()
        options = {"constant_values": value} if mode == "constant" else {}
        return (np.pad(x[crop], np.maximum(every, 0).T, mode, **options),)


class Unsqueeze(Operator):
    """The evaluator takes the attribute's axes one after the other, in the given order."""

    def _run(self, x, axes=None, **attributes):
        return (np.expand_dims(x, tuple(self.attribute("axes", axes))),)


class Resize(op_resize.Resize):
    """The evaluator has no opset 10, where scales come second."""

    op_domain = ""

    def _run(self, x, *inputs, **attributes):
        if self.run_params["opsets"][""] > 10:
            return super()._run(x, *inputs, **attributes)
        attributes["coordinate_transformation_mode"] = "asymmetric"
        attributes["nearest_mode"] = "floor"
        return super()._run(x, None, *inputs, **attributes)


OPERATORS = [
    BatchNormalization,
    LogSoftmax,
    Softmax,
    GlobalMaxPool,
    MaxPool,
    Pad,
    Unsqueeze,
    Resize,
]


def evaluate(model, feeds):
    if model.functions:  # the evaluator cannot pass an attribute on from one to another
        model = inliner.inline_local_functions(model)
    return ReferenceEvaluator(model, new_ops=OPERATORS).run(None, feeds)
