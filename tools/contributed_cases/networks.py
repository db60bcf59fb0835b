"""Small networks that ONNX Runtime itself has quantized or optimized."""

import logging
import os
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)


logging.disable(logging.WARNING)


class Samples(CalibrationDataReader):
    def __init__(self, feeds):
        self.left = iter(feeds)

    def get_next(self):
        return next(self.left, None)


def layer(d, operator, operands, **attributes):
    return d.node(operator, operands, domain="", **attributes)


def image_network(d):
    """Convolutions with sums, products, concatenations, poolings and activations between them."""
    d.opset = 13
    channels = d.size(2, 4)
    x = d.input(d.normal([1, channels, 8, 8]))
    value = x
    for _ in range(d.size(1, 3)):
        outputs = d.size(2, 5)
        weights = d.constant(d.normal([outputs, channels, 3, 3], 1 / np.sqrt(9 * channels)))
        value = layer(d, "Conv", [value, weights, d.constant(d.normal([outputs], 0.2))],
                      pads=[1, 1, 1, 1])
        channels = outputs
        skipped = value
        name = d.choice(["Relu", "Sigmoid", "LeakyRelu", "Clip", "Tanh"])
        bounds = [d.constant(np.float32(v)) for v in (0, 6)] if name == "Clip" else []
        value = layer(d, name, [value, *bounds])
        joint = d.choice(["Add", "Mul", "Concat", "none"])
        if joint == "Concat":
            value = layer(d, "Concat", [value, skipped], axis=1)
            channels *= 2
        elif joint != "none":
            value = layer(d, joint, [value, skipped])
        if d.chance(0.3):
            value = layer(d, "AveragePool", [value], kernel_shape=[2, 2], pads=[0, 0, 1, 1])
    value = layer(d, d.choice(["GlobalAveragePool", "GlobalMaxPool"]), [value])
    value = layer(d, "Flatten", [value])
    weights = d.constant(d.normal([6, channels], 1 / np.sqrt(channels)))
    value = layer(d, "Gemm", [value, weights, d.constant(d.normal([6], 0.1))], transB=1)
    if d.chance():
        value = layer(d, "Softmax", [value], axis=1)
    d.results((value, np.float32))


def statically(d):
    """Writes operators on integers into a network."""
    image_network(d)
    feeds = [{k: d.normal(v.shape) for k, v in d.feeds.items()} for _ in range(4)]
    type = d.choice([QuantType.QUInt8, QuantType.QInt8])
    weights = QuantType.QInt8
    return transformed(d, lambda path, made: quantize_static(
        path, made, Samples(feeds), quant_format=QuantFormat.QOperator, per_channel=d.chance(),
        activation_type=type, weight_type=weights, reduce_range=True))


def dynamically(d):
    """Writes products of integers into a network, whose inputs are quantized when it runs."""
    image_network(d)
    return transformed(d, lambda path, made: quantize_dynamic(
        path, made, weight_type=d.choice([QuantType.QUInt8, QuantType.QInt8]), reduce_range=True,
        op_types_to_quantize=["MatMul", "Gemm", "Conv"]))


def optimized(d):
    """Lets the optimizer fuse a network, which one of these two has made or not quantized at all."""
    made = d.choice([image_network, transformer, transformer, statically, dynamically])(d)

    def optimize(path, target):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.optimized_model_filepath = target
        onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    return transformed(d, optimize, made)


def transformer(d):
    """A layer of a transformer in ONNX's own operators."""
    d.opset = 14
    batch, length, heads, size = d.size(1, 2), d.size(2, 5), d.size(1, 2), 4
    width = heads * size
    x = d.input(d.normal([batch, length, width]))

    def dense(x, inputs, outputs):
        product = layer(d, "MatMul", [x, d.constant(d.normal([inputs, outputs], inputs**-0.5))])
        return layer(d, "Add", [product, d.constant(d.normal([outputs], 0.1))])

    def normalization(x):
        mean = layer(d, "ReduceMean", [x], axes=[-1])
        distance = layer(d, "Sub", [x, mean])
        square = layer(d, "Pow", [distance, d.constant(np.float32(2))])
        variance = layer(d, "ReduceMean", [square], axes=[-1])
        lifted = layer(d, "Add", [variance, d.constant(np.float32(1e-5))])
        quotient = layer(d, "Div", [distance, layer(d, "Sqrt", [lifted])])
        scaled = layer(d, "Mul", [quotient, d.constant(d.normal([width]))])
        return layer(d, "Add", [scaled, d.constant(d.normal([width]))])

    def split(x, order):
        shape = d.constant(np.array([0, 0, heads, size], np.int64))
        return layer(d, "Transpose", [layer(d, "Reshape", [x, shape])], perm=order)

    q, k, v = (dense(x, width, width) for _ in range(3))
    scores = layer(d, "MatMul", [split(q, [0, 2, 1, 3]), split(k, [0, 2, 3, 1])])
    scaled = layer(d, "Div", [scores, d.constant(np.float32(np.sqrt(size)))])
    mixed = layer(d, "MatMul", [layer(d, "Softmax", [scaled], axis=-1), split(v, [0, 2, 1, 3])])
    flat = layer(d, "Reshape", [
        layer(d, "Transpose", [mixed], perm=[0, 2, 1, 3]),
        d.constant(np.array([0, 0, width], np.int64))])
    first = normalization(layer(d, "Add", [dense(flat, width, width), x]))
    up = dense(first, width, 2 * width)
    scaled = layer(d, "Div", [up, d.constant(np.float32(np.sqrt(2)))])
    lifted = layer(d, "Add", [layer(d, "Erf", [scaled]), d.constant(np.float32(1))])
    gelu = layer(d, "Mul", [layer(d, "Mul", [up, lifted]), d.constant(np.float32(0.5))])
    d.results((
        normalization(layer(d, "Add", [dense(gelu, 2 * width, width), first])), np.float32))


def transformed(d, change, made=None):
    """What `change` makes of the model, or of what is made of it already."""
    # Products of integers are summed in another order, and their rounding can turn a step.
    d.tolerance = (2e-2, 2e-2)
    with tempfile.TemporaryDirectory() as folder:
        path, target = os.path.join(folder, "a.onnx"), os.path.join(folder, "b.onnx")
        onnx.save(made or d.model(), path)
        change(path, target)
        return onnx.load(target)


def fused(d):
    """Lets the optimizer for transformers fuse a layer, attention and all."""
    from onnxruntime.transformers.optimizer import optimize_model

    transformer(d)
    model = d.choice(["bert", "bert", "gpt2"])
    return transformed(d, lambda path, made: optimize_model(
        path, model_type=model, opt_level=0).save_model_to_file(made))


ALL = [statically, dynamically, optimized, fused]
