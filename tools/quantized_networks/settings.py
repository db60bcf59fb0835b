"""The settings of ONNX Runtime's quantiser, and quantisation with them."""

import os
from dataclasses import dataclass

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_dynamic,
    quantize_static)

# The operators of the quantiser whose quantised form is one of com.microsoft.
MICROSOFT = {"Add": "QLinearAdd", "Mul": "QLinearMul", "AveragePool": "QLinearAveragePool",
             "GlobalAveragePool": "QLinearGlobalAveragePool", "Sigmoid": "QLinearSigmoid",
             "LeakyRelu": "QLinearLeakyRelu", "Softmax": "QLinearSoftmax",
             "Concat": "QLinearConcat", "Gemm": "QGemm"}
STANDARD = ["Conv", "MatMul", "Relu", "Clip", "MaxPool", "Split", "Pad", "Reshape", "Flatten",
            "Resize", "Transpose"]


class Samples(CalibrationDataReader):
    """Some inputs for the quantiser's calibration."""

    def __init__(self, inputs):
        self.inputs = iter([{"x": x} for x in inputs])

    def get_next(self):
        return next(self.inputs, None)


@dataclass
class Setting:
    """How a network is quantised."""

    form: str  # "QOperator", "QDQ" or "dynamic"
    activation: QuantType
    weight: QuantType
    per_channel: bool
    reduce_range: bool
    options: dict

    def __str__(self):
        flags = [name for name in ("per_channel", "reduce_range") if getattr(self, name)]
        flags += [name for name, value in self.options.items() if value]
        return " ".join([self.form, self.activation.name, self.weight.name] + flags)


def chosen(generator):
    """A setting that ONNX Runtime computes exactly.

    Where it multiplies u8 with i8 on processors without VNNI it saturates pairs of products, unless
    weights have seven bits: there the range is always reduced. Of the zero points of the filters of a
    QLinearConv it takes the first for all: filters by channel are symmetric.
    """
    form = str(generator.choice(["QOperator", "QDQ", "dynamic"]))
    activation = [QuantType.QUInt8, QuantType.QInt8][int(generator.integers(2))]
    weight = [QuantType.QUInt8, QuantType.QInt8][int(generator.integers(2))]
    if form == "dynamic":
        activation = QuantType.QUInt8
    if form == "QDQ" and generator.random() < 0.2:
        activation = [QuantType.QUInt16, QuantType.QInt16][int(generator.integers(2))]
    reduce_range, per_channel = bool(generator.integers(2)), bool(generator.integers(2))
    if form == "QOperator" and per_channel:
        weight = QuantType.QInt8
    if form == "QOperator" and activation != weight:
        # ONNX Runtime has no products of i8 with u8.
        weight = QuantType.QInt8
        activation = QuantType.QUInt8
    if form != "QDQ" and activation == QuantType.QUInt8 and weight == QuantType.QInt8:
        reduce_range = True
    options = {
        "ActivationSymmetric": bool(generator.random() < 0.3),
        "WeightSymmetric": bool(generator.random() < 0.5),
        "MatMulConstBOnly": bool(generator.random() < 0.2),
    }
    if form == "QOperator" and per_channel:
        options["WeightSymmetric"] = True
    if form == "QDQ":
        options["AddQDQPairToWeight"] = bool(generator.random() < 0.3)
        options["DedicatedQDQPair"] = bool(generator.random() < 0.3)
    return Setting(form, activation, weight, per_channel, reduce_range, options)


def quantised(model, setting, generator, folder, operators):
    """The quantised network; `operators` are those of com.microsoft that may come up in it."""
    source, target = os.path.join(folder, "float.onnx"), os.path.join(folder, "model.onnx")
    onnx.save(model, source)
    shape = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
    if setting.form == "dynamic":
        quantize_dynamic(source, target, per_channel=setting.per_channel,
                         reduce_range=setting.reduce_range, weight_type=setting.weight,
                         op_types_to_quantize=["Conv", "MatMul", "Gemm"],
                         extra_options=setting.options)
    else:
        samples = [generator.normal(0, 1, shape).astype(np.float32) for _ in range(4)]
        types = None
        if setting.form == "QOperator":
            types = STANDARD + [name for name, form in MICROSOFT.items() if form in operators]
        quantize_static(
            source, target, Samples(samples),
            quant_format=getattr(QuantFormat, setting.form), op_types_to_quantize=types,
            per_channel=setting.per_channel, reduce_range=setting.reduce_range,
            activation_type=setting.activation, weight_type=setting.weight,
            calibrate_method=CalibrationMethod.MinMax, extra_options=setting.options)
    os.remove(source)
    return onnx.load(target)
