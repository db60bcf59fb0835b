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
    """The evaluator has no opset 10, where scales come second; the specification does not say how that
    rounds, and ONNX Runtime rounds up along axes that shrink."""

    op_domain = ""

    def _run(self, x, *inputs, **attributes):
        if self.run_params["opsets"][""] > 10:
            return super()._run(x, *inputs, **attributes)
        attributes["coordinate_transformation_mode"] = "asymmetric"
        (scales,) = inputs
        if attributes.get("mode") == "linear":
            return super()._run(x, None, scales, **attributes)
        for part, rounding in ((np.minimum(scales, 1), "ceil"), (np.maximum(scales, 1), "floor")):
            attributes["nearest_mode"] = rounding
            (x,) = super()._run(x, None, part, **attributes)
        return (x,)


def _activation(name, alpha, beta):
    """A function of recurrent layers; parameters are taken from the front of two lists."""
    a = lambda default: alpha.pop(0) if alpha else default
    b = lambda default: beta.pop(0) if beta else default
    if name == "Elu":
        slope = a(1)
        return lambda x: np.where(x < 0, slope * (np.exp(np.minimum(x, 0)) - 1), x)
    if name == "HardSigmoid":
        slope, offset = a(0.2), b(0.5)
        return lambda x: np.clip(slope * x + offset, 0, 1)
    if name == "ScaledTanh":
        height, slope = a(1), b(1)
        return lambda x: height * np.tanh(slope * x)
    return {
        "Relu": lambda x: np.maximum(x, 0),
        "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "Softplus": lambda x: np.log1p(np.exp(x)),
        "Softsign": lambda x: x / (1 + np.abs(x)),
        "Tanh": np.tanh,
    }[name]


class Recurrence(Operator):
    """The evaluator has no lengths, no activations, no clip and no coupled gates."""

    def _run(self, x, w, r, b=None, lengths=None, h=None, c=None, p=None, **attributes):
        hidden, batch, directions = r.shape[2], x.shape[1], r.shape[0]
        names = self.attribute("activations", None)
        names = [n.decode() for n in names] if names else self.usual * directions
        alpha = list(self.attribute("activation_alpha", None) or [])
        beta = list(self.attribute("activation_beta", None) or [])
        functions = [_activation(name, alpha, beta) for name in names]
        count = len(self.usual)
        clip = self.attribute("clip", np.inf)
        lengths = np.full(batch, len(x)) if lengths is None else lengths
        ys, hs, cs = [], [], []
        for d in range(directions):
            biases = np.zeros([2, self.gates * hidden]) if b is None else b[d].reshape(2, -1)
            state = np.zeros([batch, hidden]) if h is None else h[d]
            cell = np.zeros([batch, hidden]) if c is None else c[d]
            peepholes = np.zeros([3, hidden]) if p is None else p[d].reshape(3, -1)
            y = np.zeros([len(x), batch, hidden])
            f = [lambda v, g=g: g(np.clip(v, -clip, clip)) for g in functions[d * count :][:2]]
            f.append(functions[d * count + count - 1])
            reverse = d == 1 or self.attribute("direction", b"forward") == b"reverse"
            for t in reversed(range(len(x))) if reverse else range(len(x)):
                xs = np.split(x[t] @ w[d].T + biases[0], self.gates, axis=1)
                rs = np.split(r[d], self.gates)
                new = self.step(xs, rs, np.split(biases[1], self.gates), state, cell, peepholes, f)
                on = (t < lengths)[:, None]
                state, cell = np.where(on, new[0], state), np.where(on, new[1], cell)
                y[t] = np.where(on, state, 0)
            ys.append(y), hs.append(state), cs.append(cell)
        results = [np.stack(ys, 1), np.stack(hs), np.stack(cs)]
        outputs = len(self.onnx_node.output)
        return tuple(v.astype(x.dtype) for v in results[:outputs])


class LSTM(Recurrence):
    usual, gates = ["Sigmoid", "Tanh", "Tanh"], 4

    def step(self, xs, rs, bs, h, c, p, f):
        i, o, forget, candidate = (x + h @ r.T + b for x, r, b in zip(xs, rs, bs))
        i = f[0](i + p[0] * c)
        coupled = self.attribute("input_forget", 0)
        forget = 1 - i if coupled else f[0](forget + p[2] * c)
        c = forget * c + i * f[1](candidate)
        return f[0](o + p[1] * c) * f[2](c), c


class GRU(Recurrence):
    usual, gates = ["Sigmoid", "Tanh"], 3

    def step(self, xs, rs, bs, h, c, p, f):
        z, r = (f[0](x + h @ w.T + b) for x, w, b in zip(xs[:2], rs, bs))
        if self.attribute("linear_before_reset", 0):
            n = f[1](xs[2] + r * (h @ rs[2].T + bs[2]))
        else:
            n = f[1](xs[2] + (r * h) @ rs[2].T + bs[2])
        return (1 - z) * n + z * h, c


class RNN(Recurrence):
    usual, gates = ["Tanh"], 1

    def step(self, xs, rs, bs, h, c, p, f):
        return f[0](xs[0] + h @ rs[0].T + bs[0]), c


OPERATORS = [
    BatchNormalization,
    LogSoftmax,
    Softmax,
    GlobalMaxPool,
    MaxPool,
    Pad,
    Unsqueeze,
    Resize,
    LSTM,
    GRU,
    RNN,
]


def evaluate(model, feeds):
    if model.functions:  # the evaluator cannot pass an attribute on from one to another
        model = inliner.inline_local_functions(model)
    return ReferenceEvaluator(model, new_ops=OPERATORS).run(None, feeds)
