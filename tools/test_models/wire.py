"""Files that are faulty or odd: their registry, the protobuf wire format, and a sound model to spoil."""

import dataclasses

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FILES = []
OPSET = 17


@dataclasses.dataclass
class File:
    folder: str
    name: str
    content: bytes
    reason: str
    names: object


def add(folder, name, content, reason, names):
    if isinstance(content, onnx.ModelProto):
        content = content.SerializeToString(deterministic=True)
    if any(file.folder == folder and file.name == name for file in FILES):
        raise ValueError(f"{folder}/{name} is there twice")
    FILES.append(File(folder, name, content, reason, names))


def bad(name, content, reason, *names):
    """A file that must be refused; the diagnostic has the given names in it."""
    add("bad", name, content, reason, names)


def odd(name, content, reason, specification):
    """A file that may be accepted or refused, but must not crash anything."""
    add("odd", name, content, reason, specification)


def varint(value):
    result = bytearray()
    while value > 0x7F:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    result.append(value)
    return bytes(result)


def tag(field, wire_type):
    return varint(field << 3 | wire_type)


def number(field, value):
    return tag(field, 0) + varint(value)


def block(field, content):
    """A length-delimited field: a message, a string or bytes."""
    content = content.encode() if isinstance(content, str) else content
    return tag(field, 2) + varint(len(content)) + content


class Fields:
    """Field numbers of onnx.proto, for what cannot be said through the generated classes."""

    MODEL_DOC, MODEL_GRAPH, MODEL_OPSET = 6, 7, 8
    GRAPH_NODE, GRAPH_NAME, GRAPH_INITIALIZER, GRAPH_INPUT = 1, 2, 5, 11
    NODE_NAME, NODE_ATTRIBUTE = 3, 5
    ATTRIBUTE_GRAPH = 6
    TENSOR_DIMS, TENSOR_TYPE, TENSOR_FLOATS, TENSOR_NAME, TENSOR_RAW = 1, 2, 4, 8, 9
    VALUE_TYPE = 2
    TYPE_SEQUENCE, SEQUENCE_ELEMENT = 4, 1


def tensor(name, values, type=None):
    array = np.asarray(values)
    if type is None:
        type = np.float32 if np.issubdtype(array.dtype, np.floating) else np.int64
    return numpy_helper.from_array(array.astype(type), name)


def value(name, shape, type=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, type, shape)


def model(nodes, inputs, outputs, initializers=(), opset=OPSET):
    """A model without any check; inputs and outputs are value infos, or names of float N×4."""

    def infos(values):
        return [value(v, ["N", 4]) if isinstance(v, str) else v for v in values]

    graph = helper.make_graph(nodes, "graph", infos(inputs), infos(outputs), list(initializers))
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(
        graph, opset_imports=opsets, ir_version=8, producer_name="make-test-models"
    )


def sound():
    """A dense layer and Relu, nothing wrong with them: what the files of bad/ spoil."""
    generator = np.random.default_rng(1)
    return model(
        [
            helper.make_node(
                "Gemm", ["image", "weight", "bias"], ["dense"], name="dense", transB=1
            ),
            helper.make_node("Relu", ["dense"], ["scores"], name="relu"),
        ],
        ["image"],
        [value("scores", ["N", 3])],
        [
            tensor("weight", generator.normal(0, 0.5, [3, 4])),
            tensor("bias", generator.normal(0, 0.5, [3])),
        ],
    )


def spoiled(change):
    """The sound model after a change."""
    result = sound()
    change(result)
    return result


def one_node(operator, inputs, *initializers, domain="", opset=OPSET, **attributes):
    """A model of one node, named `culprit`, that makes a matrix of a float N×4 `x`."""
    node = helper.make_node(operator, inputs, ["y"], name="culprit", domain=domain, **attributes)
    return model([node], ["x"], [value("y", [None, None])], initializers, opset)
