"""ONNX's own operators about the positions of windows, which are compiled as gathers and scatters."""

import numpy as np


def window(d, rank):
    """The attributes of a window, and sizes that it fits."""
    kernel = [d.size(1, 3) for _ in range(rank)]
    sizes = [d.size(5, 8) for _ in range(rank)]
    attributes = {"kernel_shape": kernel}
    if d.chance(0.7):
        attributes["strides"] = [d.size(1, 3) for _ in range(rank)]
    if d.chance():
        attributes["pads"] = [int(d.random.integers(0, n)) for n in kernel + kernel]
    return sizes, attributes


def image(d, shape, type=np.float32):
    """Numbers of which some are equal."""
    if type == np.float32:
        return np.round(d.normal(shape, 2) * 2).astype(np.float32) / 2
    return d.integers(shape, type)


def max_pool_positions(d):
    rank = d.size(1, 3)
    sizes, attributes = window(d, rank)
    if d.chance(0.3):
        attributes["ceil_mode"] = 1
    if d.chance(0.3):
        attributes["dilations"] = [d.size(1, 2) for _ in range(rank)]
        attributes.pop("pads", None)
    type = d.choice([np.float32, np.float32, np.int8, np.uint8])
    x = d.input(image(d, [d.size(1, 2), d.size(1, 3), *sizes], type))
    names = d.node(
        "MaxPool", [x], results=2, domain="", storage_order=int(d.chance(0.3)), **attributes)
    d.results((names[0], type), (names[1], np.int64))


def max_unpool(d):
    """The maxima of a pooling, put back where they were.

    With a shape as operand, ONNX Runtime counts positions in that, ONNX's own test in the least one.
    """
    rank = d.size(1, 3)
    kernel = [d.size(1, 3) for _ in range(rank)]
    attributes = {"kernel_shape": kernel, "strides": kernel}
    x = d.input(image(d, [d.size(1, 2), d.size(1, 3), *[n * d.size(1, 3) for n in kernel]]))
    values, places = d.node("MaxPool", [x], results=2, domain="", **attributes)
    scaled = d.node("Mul", [values, d.constant(np.float32(1.5))], domain="")
    d.results((d.node("MaxUnpool", [scaled, places], domain="", **attributes), np.float32))


def col2im(d):
    d.opset = max(d.opset, 19)
    rank = d.size(1, 2)
    block = [d.size(1, 3) for _ in range(rank)]
    strides = [d.size(1, 2) for _ in range(rank)]
    # ONNX Runtime departs from ONNX's evaluator where one dimension is dilated.
    dilations = [d.size(1, 2) if rank == 2 else 1 for _ in range(rank)]
    pads = [d.size(0, 1) for _ in range(2 * rank)]
    sizes = [d.size(5, 8) for _ in range(rank)]
    counts = [
        (sizes[i] + pads[i] + pads[rank + i] - dilations[i] * (block[i] - 1) - 1) // strides[i] + 1
        for i in range(rank)]
    shape = [d.size(1, 2), d.size(1, 3) * int(np.prod(block)), int(np.prod(counts))]
    operands = [
        d.input(d.normal(shape)), d.constant(np.array(sizes)), d.constant(np.array(block))]
    d.results((
        d.node("Col2Im", operands, domain="", strides=strides, dilations=dilations, pads=pads),
        np.float32))


ALL = [max_pool_positions, max_unpool, col2im]
