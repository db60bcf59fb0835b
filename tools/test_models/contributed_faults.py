"""Bad files with operators of the domains of ONNX Runtime and of training for hardware."""

import numpy as np
from onnx import helper

from .wire import bad, one_node, tensor

MS = "com.microsoft"
QONNX = "qonnx.custom_op.general"


def versioned(domain, version, operator, inputs, *initializers, **attributes):
    result = one_node(operator, inputs, *initializers, domain=domain, **attributes)
    result.opset_import.append(helper.make_opsetid(domain, version))
    return result


def refused(name, reason, names, domain, operator, inputs, *initializers, version=1, **attributes):
    bad(
        name, versioned(domain, version, operator, inputs, *initializers, **attributes), reason,
        "culprit", operator, *names)


def numbers(name, *shape):
    return tensor(name, np.full(shape, 0.5))


BITS = [tensor("scale", 0.5), tensor("zero", 0.0), tensor("bits", 4.0)]
refused(
    "contributed-version", "an operator of a version of its domain that there is not",
    ["com.microsoft", "2"], MS, "QuickGelu", ["x"], version=2)
refused(
    "contributed-unknown", "an operator that com.microsoft has and that is not supported",
    ["com.microsoft", "QLinearAdd"], MS, "GatedRelativePositionBias", ["x"])
refused(
    "fused-gemm-activation", "a FusedGemm with an activation that does not exist",
    ["Softened", "LeakyRelu"], MS, "FusedGemm", ["x", "w"], numbers("w", 4, 3),
    activation="Softened")
refused(
    "contributed-attention-rotary", "an Attention that turns pairs", ["do_rotary"], MS, "Attention",
    ["x", "w"], numbers("w", 4, 12), num_heads=2, do_rotary=1)
refused(
    "grouped-attention-bidirectional", "a GroupQueryAttention whose queries see all keys",
    ["causal"], MS, "GroupQueryAttention", ["x", "", "", "", "", "last", "total"],
    tensor("last", [3], np.int32), tensor("total", 4, np.int32), num_heads=2, kv_num_heads=1,
    causal=0)
refused(
    "packed-bits-three", "a MatMulNBits of 3 bits", ["bits", "2, 4, 8"], MS, "MatMulNBits",
    ["x", "w", "s"], tensor("w", np.zeros([3, 1, 6]), np.uint8), numbers("s", 3, 1), K=4, N=3,
    bits=3, block_size=16)
refused(
    "qlinear-scales", "a QLinearSigmoid with two scales", ["one element"], MS, "QLinearSigmoid",
    ["q", "two", "z", "one", "z"], tensor("q", np.zeros([2, 4]), np.int8), numbers("two", 2),
    tensor("z", 0, np.int8), numbers("one"))
refused(
    "quant-computed-bits", "a Quant whose number of bits is computed", ["constant"], QONNX, "Quant",
    ["x", "scale", "zero", "x"], *BITS[:2], signed=1, narrow=0)
refused(
    "quant-half-bits", "a Quant of 3.5 bits", ["3.5", "whole number"], QONNX, "Quant",
    ["x", "scale", "zero", "bits"], *BITS[:2], tensor("bits", 3.5), signed=1, narrow=0)
refused(
    "quant-rounding", "a Quant with a way to round that does not exist", ["NEAREST", "HALF_EVEN"],
    QONNX, "Quant", ["x", "scale", "zero", "bits"], *BITS, signed=1, narrow=0,
    rounding_mode="NEAREST")
