"""Bad files whose bytes are no sound protobuf, or protobuf that nobody writes in earnest."""

import numpy as np

from .wire import Fields, bad, block, number, sound, spoiled, tag, varint

SOUND = sound().SerializeToString(deterministic=True)

bad("empty", b"", "no bytes at all")
bad("random-bytes", np.random.default_rng(2).bytes(2000), "random bytes")
bad("zeros", bytes(1000), "1,000 zero bytes")
bad(
    "web-page",
    b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body></body></html>\n",
    "a web page, as a failed download leaves it",
)
bad(
    "git-lfs-pointer",
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 1042\n",
    "a Git LFS pointer instead of the file",
)

bad("truncated-in-header", SOUND[:9], "ends inside the producer's name")
bad("truncated-in-node", SOUND[:60], "ends inside the first node")
bad("truncated-in-weights", SOUND[:150], "ends inside an initializer's data")
bad("truncated-by-one", SOUND[:-1], "the last byte is missing")
bad("length-past-end", block(4, "x" * 9)[:2] + b"x", "a string reaches past the end of the file")
bad("length-largest", tag(7, 2) + varint(2**64 - 1) + b"x", "a length of 2⁶⁴−1")
bad("length-past-message", b"\x3a\x04\x0a\x7f\x00\x00" + bytes(200), "a node longer than its graph")
bad("varint-overlong", b"\x08" + b"\x80" * 11 + b"\x01", "a varint of twelve bytes")
bad("field-number-zero", SOUND + b"\x02\x00", "a field with the number 0")
bad("wire-type-reserved", SOUND + tag(100, 7), "wire type 7, which protobuf does not have")
bad("group-not-closed", SOUND + tag(100, 3), "a group that is opened and never closed")
bad("group-not-opened", SOUND + tag(100, 4), "a group that is closed and never opened")
bad("groups-nested-5000", SOUND + tag(100, 3) * 5000, "5,000 groups inside each other")

bad(
    "wrong-wire-type-doc-string",
    SOUND + number(Fields.MODEL_DOC, 7),
    "the documentation string is a varint",
    "doc_string",
)
bad(
    "wrong-wire-type-opset",
    SOUND + number(Fields.MODEL_OPSET, 17),
    "an opset import is a varint, not a message",
    "opset_import",
)
bad("repeated-graph", SOUND + block(Fields.MODEL_GRAPH, b""), "two graphs", "graph")


def repeated_raw_data():
    again = block(Fields.TENSOR_RAW, bytes(16))
    initializer = (
        number(Fields.TENSOR_DIMS, 4)
        + number(Fields.TENSOR_TYPE, 1)
        + block(Fields.TENSOR_NAME, "weight")
        + again * 100
    )
    graph = block(Fields.GRAPH_NAME, "graph") + block(Fields.GRAPH_INITIALIZER, initializer)
    return number(1, 8) + block(Fields.MODEL_GRAPH, graph)


bad("repeated-raw-data", repeated_raw_data(), "an initializer with its data 100 times", "raw_data")


def with_node_name(name):
    """A model whose only node has the name, given in bytes."""
    node = block(2, "y") + block(Fields.NODE_NAME, name) + block(4, "Relu")
    graph = block(Fields.GRAPH_NODE, block(1, "x") + node) + block(Fields.GRAPH_NAME, "graph")
    return (
        number(1, 8) + block(Fields.MODEL_GRAPH, graph) + block(Fields.MODEL_OPSET, number(2, 17))
    )


bad("string-with-nul", with_node_name(b"re\0lu"), "a node's name with a NUL in it")
bad("string-not-utf8", with_node_name(b"re\xfflu"), "a node's name that is not UTF-8")
bad(
    "string-utf8-overlong",
    with_node_name(b"re\xc0\xaflu"),
    "a node's name with an overlong UTF-8 sequence",
)
bad(
    "string-utf8-surrogate",
    with_node_name(b"re\xed\xa0\x80lu"),
    "a node's name with a lone surrogate",
)


def nested_graphs(depth):
    graph = b""
    for _ in range(depth):
        attribute = block(Fields.ATTRIBUTE_GRAPH, graph)
        graph = block(Fields.GRAPH_NODE, block(Fields.NODE_ATTRIBUTE, attribute))
    return number(1, 8) + block(Fields.MODEL_GRAPH, graph)


def nested_types(depth):
    kind = b""
    for _ in range(depth):
        kind = block(Fields.TYPE_SEQUENCE, block(Fields.SEQUENCE_ELEMENT, kind))
    graph = block(Fields.GRAPH_INPUT, block(1, "x") + block(Fields.VALUE_TYPE, kind))
    return number(1, 8) + block(Fields.MODEL_GRAPH, graph)


bad("graphs-nested-5000", nested_graphs(5000), "5,000 graphs inside each other")
bad(
    "types-nested-3000",
    nested_types(3000),
    "an input of sequences, 3,000 of them inside each other",
)
bad(
    "nodes-of-nothing",
    number(1, 8) + block(Fields.MODEL_GRAPH, block(Fields.GRAPH_NODE, b"") * 10_000),
    "10,000 nodes with nothing in them, two bytes each",
)
bad("no-graph", number(1, 8) + block(Fields.MODEL_OPSET, number(2, 17)), "a model without a graph")
bad("graph-of-nothing", spoiled(lambda m: m.graph.Clear()), "a graph with nothing in it")
