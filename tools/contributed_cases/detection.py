"""ONNX's own operators in which networks that detect objects end."""

import numpy as np


def boxes(d, batch, count):
    """Boxes near each other, as two corners in any order."""
    first = d.random.uniform(0, 4, [batch, count, 2])
    last = first + d.random.uniform(-2, 3, [batch, count, 2])
    return np.concatenate([first, last], 2).astype(np.float32)


def non_max_suppression(d):
    """Boxes, what is found of them, and what belongs to that."""
    batch, classes, count = d.size(1, 2), d.size(1, 3), d.size(1, 12)
    centered = int(d.chance())
    corners = boxes(d, batch, count)
    if centered:
        corners[:, :, 2:] = np.abs(corners[:, :, 2:] - corners[:, :, :2])
    # Scores that are equal come in the order of the boxes.
    scores = np.round(d.random.random([batch, classes, count]) * 16).astype(np.float32) / 16
    operands = [d.input(corners), d.input(scores)]
    if d.chance(0.9):
        operands.append(d.constant(np.array([d.choice([1, 2, 3, 100])], np.int64)))
    if len(operands) == 3 and d.chance(0.8):
        operands.append(d.number(np.float32(d.choice([0, 0.2, 0.5, 0.9, 1]))))
    if len(operands) == 4 and d.chance(0.7):
        operands.append(d.number(np.float32(d.choice([0, 0.3, 0.6, 2]))))
    found = d.node("NonMaxSuppression", operands, domain="", center_point_box=centered)
    numbers = d.node("Gather", [found, d.constant(np.array(2))], domain="", axis=1)
    names = d.node("Gather", [d.input(d.integers([count], np.int32)), numbers], domain="")
    pairs = d.node(
        "Slice", [found, d.constant(np.array([1])), d.constant(np.array([3])),
                  d.constant(np.array([1]))], domain="")
    first = d.node("Gather", [operands[1], d.constant(np.array(0))], domain="")
    kept = d.node("GatherND", [first, pairs], domain="")
    d.results((found, np.int64), (names, np.int32), (kept, np.float32))


def non_zero(d):
    type = d.choice([np.float32, np.int32, np.int64, np.uint8, np.bool_])
    shape = d.shape(d.size(0, 4), 4)
    x = d.input((d.random.random(shape) * 3 - 1).round().astype(type))
    found = d.node("NonZero", [x], domain="")
    if not shape:
        return d.results((found, np.int64))
    turned = d.node("Transpose", [found], domain="", perm=[1, 0])
    elements = d.node("GatherND", [x, turned], domain="")
    d.results((found, np.int64), (elements, type))


def roi_align(d):
    d.opset = max(d.opset, 16)
    batch, count = d.size(1, 2), d.size(1, 4)
    height, width = d.size(1, 12), d.size(1, 12)
    first = d.random.uniform(-3, 10, [count, 2])
    last = first + d.random.uniform(0.1, 14, [count, 2])
    operands = [
        d.input(d.normal([batch, d.size(1, 3), height, width])),
        d.input(np.concatenate([first, last], 1).astype(np.float32)),
        d.input(d.random.integers(0, batch, count))]
    d.results((
        d.node(
            "RoiAlign", operands, domain="", mode=d.choice(["avg", "max"]),
            coordinate_transformation_mode=d.choice(["half_pixel", "output_half_pixel"]),
            output_height=d.size(1, 4), output_width=d.size(1, 4),
            sampling_ratio=d.choice([0, 0, 1, 2, 3, 20]), spatial_scale=d.choice([1.0, 0.5, 0.75])),
        np.float32))


ALL = [non_max_suppression, non_zero, roi_align]
