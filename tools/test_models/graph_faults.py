"""Bad files that are sound protobuf, but whose model, graph or tensors contradict themselves."""

import onnx
from onnx import TensorProto, helper

from .wire import bad, model, sound, spoiled, tensor, value

node = helper.make_node


def opsets(*pairs):
    def change(m):
        del m.opset_import[:]
        m.opset_import.extend(helper.make_opsetid(*pair) for pair in pairs)

    return change


bad("opset-missing", spoiled(opsets()), "no opset import")
bad("opset-zero", spoiled(opsets(("", 0))), "opset 0")
bad("opset-negative", spoiled(opsets(("", -5))), "opset −5", "-5")
bad("opset-too-old", spoiled(opsets(("", 5))), "opset 5, older than what is supported", "5")
bad("opset-unknown", spoiled(opsets(("", 999))), "opset 999, which nobody has defined", "999")
bad("opset-twice", spoiled(opsets(("", 13), ("", 17))), "two opsets for one domain")


# MARK: Values


def chain(*nodes, outputs=("scores",), inputs=("image",)):
    return model([node("Relu", [a], [b], name=n) for a, b, n in nodes], inputs, outputs)


bad(
    "value-duplicate",
    chain(("image", "scores", "first"), ("image", "scores", "second")),
    "two nodes make the same value",
    "second",
    "scores",
)
bad(
    "value-duplicate-of-input",
    chain(("image", "image", "first"), outputs=("image",)),
    "a node makes a value that is a graph input",
    "first",
    "image",
)
bad(
    "value-duplicate-initializers",
    spoiled(lambda m: m.graph.initializer.append(tensor("weight", [1.0]))),
    "two initializers with the same name",
    "weight",
)
bad(
    "value-duplicate-inputs",
    chain(("image", "scores", "first"), inputs=("image", "image")),
    "two graph inputs with the same name",
    "image",
)
bad(
    "value-missing",
    chain(("nowhere", "scores", "first")),
    "a node reads a value that nothing makes",
    "first",
    "nowhere",
)
bad(
    "value-missing-output",
    chain(("image", "scores", "first"), outputs=("nowhere",)),
    "a graph output that nothing makes",
    "nowhere",
)
bad("value-required-empty", chain(("", "scores", "first")), "a required input is left out", "first")
bad(
    "output-without-name",
    chain(("image", "scores", "first"), outputs=("",)),
    "a graph output without a name",
)
bad("outputs-missing", chain(("image", "scores", "first"), outputs=()), "a graph without outputs")
bad(
    "cycle",
    chain(("c", "a", "first"), ("a", "b", "second"), ("b", "c", "third"), outputs=("c",)),
    "three nodes in a circle",
    "first",
)
bad(
    "cycle-of-one", chain(("scores", "scores", "first")), "a node that reads what it makes", "first"
)


# MARK: Types of values

bad(
    "input-dims-negative",
    spoiled(lambda m: m.graph.input[0].CopyFrom(value("image", ["N", -5]))),
    "a graph input of N×−5",
    "image",
)
bad(
    "input-dims-huge",
    model(
        [node("Relu", ["image"], ["scores"], name="culprit")],
        [value("image", [2**40, 2**40])],
        [value("scores", [None, None])],
    ),
    "a graph input of 2⁴⁰×2⁴⁰",
    "image",
)
bad(
    "input-without-type",
    model(
        [node("Relu", ["image"], ["scores"], name="culprit")],
        [onnx.ValueInfoProto(name="image")],
        ["scores"],
    ),
    "a graph input without a type",
    "image",
)
bad(
    "input-of-unknown-type",
    spoiled(lambda m: setattr(m.graph.input[0].type.tensor_type, "elem_type", 99)),
    "a graph input of element type 99",
    "image",
    "99",
)
bad(
    "input-of-strings",
    model(
        [node("Identity", ["image"], ["scores"], name="culprit")],
        [value("image", [4], TensorProto.STRING)],
        ["scores"],
    ),
    "a graph input of strings",
    "image",
)
sequence = helper.make_tensor_sequence_value_info("image", TensorProto.FLOAT, ["N", 4])
bad(
    "input-of-sequence",
    model([node("Identity", ["image"], ["scores"], name="culprit")], [sequence], ["scores"]),
    "a graph input that is a sequence",
    "image",
)
bad(
    "output-type-wrong",
    spoiled(lambda m: m.graph.output[0].CopyFrom(value("scores", ["N", 3], TensorProto.INT64))),
    "a graph output declared int64 that is float32",
    "scores",
)


# MARK: Initializers


def with_weight(**fields):
    """The sound model with fields of its weight replaced."""
    result = sound()
    weight = result.graph.initializer[0]
    for name, content in fields.items():
        weight.ClearField(name)
        if name in ("dims", "float_data", "int32_data", "string_data"):
            getattr(weight, name).extend(content)
        else:
            setattr(weight, name, content)
    return result


bad("tensor-too-short", with_weight(raw_data=bytes(44)), "3×4 floats in 44 bytes", "weight")
bad("tensor-too-long", with_weight(raw_data=bytes(52)), "3×4 floats in 52 bytes", "weight")
bad("tensor-uneven", with_weight(raw_data=bytes(47)), "3×4 floats in 47 bytes", "weight")
bad("tensor-without-data", with_weight(raw_data=b""), "3×4 floats in no bytes", "weight")
typed = with_weight(float_data=[0.5] * 11)
typed.graph.initializer[0].ClearField("raw_data")
bad("tensor-list-too-short", typed, "3×4 floats in a list of 11", "weight")
bad(
    "tensor-two-payloads",
    with_weight(float_data=[0.5] * 12),
    "data both raw and as a list",
    "weight",
)
wrong_list = with_weight(int32_data=[1] * 12)
wrong_list.graph.initializer[0].ClearField("raw_data")
bad("tensor-wrong-list", wrong_list, "float32 data in the list for integers", "weight")
bad("tensor-dims-negative", with_weight(dims=[-3, -4]), "an initializer of −3×−4", "weight")
bad("tensor-dims-huge", with_weight(dims=[2**40, 2**40]), "an initializer of 2⁴⁰×2⁴⁰", "weight")
bad("tensor-dims-wrapping", with_weight(dims=[2**62, 4]), "2⁶²×4 floats, 0 modulo 2⁶⁴", "weight")
bad(
    "tensor-dims-empty-huge",
    with_weight(dims=[0, 2**62, 2**62], raw_data=b""),
    "0×2⁶²×2⁶² floats",
    "weight",
)
bad("tensor-dims-many", with_weight(dims=[1] * 1000 + [12]), "a weight of 1,001 axes", "weight")
bad(
    "tensor-type-unknown",
    with_weight(data_type=99),
    "an initializer of element type 99",
    "weight",
    "99",
)
bad(
    "tensor-type-undefined", with_weight(data_type=0), "an initializer of no element type", "weight"
)
strings = with_weight(data_type=TensorProto.STRING, string_data=[b"a"] * 12)
strings.graph.initializer[0].ClearField("raw_data")
bad("tensor-of-strings", strings, "an initializer of strings", "weight")
bad("tensor-without-name", with_weight(name=""), "an initializer without a name")
segment = sound()
segment.graph.initializer[0].segment.begin = 0
segment.graph.initializer[0].segment.end = 6
bad("tensor-segment", segment, "an initializer stored in segments", "weight")


def external(**entries):
    result = sound()
    weight = result.graph.initializer[0]
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    for key, text in entries.items():
        weight.external_data.add(key=key, value=text)
    return result


bad(
    "external-missing",
    external(location="nowhere.bin"),
    "data in a file that is not there",
    "weight",
)
bad(
    "external-escape",
    external(location="../../../etc/passwd"),
    "data in a file outside the folder",
    "weight",
)
bad(
    "external-absolute",
    external(location="/etc/passwd"),
    "data in a file given by its full path",
    "weight",
)
bad(
    "external-no-location",
    external(offset="0", length="48"),
    "data in a file whose name is not given",
    "weight",
)
bad(
    "external-offset",
    external(location="empty.onnx", offset="-8", length="18446744073709551615"),
    "data in a file, at offset −8 and of 2⁶⁴−1 bytes",
    "weight",
)

bad("external-folder", external(location="."), "data in a folder", "weight")
bad(
    "external-short",
    external(location="git-lfs-pointer.onnx", offset="100000"),
    "data in a file that ends before them",
    "weight",
    "git-lfs-pointer.onnx",
)
bad(
    "external-length",
    external(location="git-lfs-pointer.onnx", length="47"),
    "data in a file, one byte fewer than the shape needs",
    "weight",
    "47",
    "48",
)
twice = external(location="git-lfs-pointer.onnx")
twice.graph.initializer[0].external_data.add(key="location", value="empty.onnx")
bad("external-twice", twice, "data in two files", "weight", "location")
both = external(location="git-lfs-pointer.onnx")
both.graph.initializer[0].raw_data = bytes(48)
bad("external-and-here", both, "data in the model and in another file", "weight")


def sparse(values, indices, dims):
    result = sound()
    result.graph.initializer.pop(0)
    result.graph.sparse_initializer.append(
        onnx.SparseTensorProto(
            values=tensor("weight", values), indices=tensor("", indices), dims=dims
        )
    )
    return result


bad(
    "sparse-past-end",
    sparse([0.5, 0.5], [1, 12], [3, 4]),
    "a sparse initializer with an index behind its end",
    "weight",
    "12",
)
bad(
    "sparse-negative",
    sparse([0.5], [[0, -1]], [3, 4]),
    "a sparse initializer with a negative index",
    "weight",
    "-1",
)
bad(
    "sparse-unsorted",
    sparse([0.5, 0.5], [7, 1], [3, 4]),
    "a sparse initializer with indices that do not ascend",
    "weight",
)
bad(
    "sparse-twice",
    sparse([0.5, 0.5], [[1, 1], [1, 1]], [3, 4]),
    "a sparse initializer with an index that is given twice",
    "weight",
)
bad(
    "sparse-uneven",
    sparse([0.5, 0.5], [1, 2, 3], [3, 4]),
    "a sparse initializer with two values and three indices",
    "weight",
)
bad(
    "sparse-huge",
    sparse([0.5], [1], [1 << 20, 1 << 20]),
    "a sparse initializer of 2⁴⁰ elements, one of which is there",
    "weight",
    "512 MiB",
)
lacking = sparse([0.5], [1], [3, 4])
lacking.graph.sparse_initializer[0].ClearField("indices")
bad("sparse-without-indices", lacking, "a sparse initializer without indices", "weight")
