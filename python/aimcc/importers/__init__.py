"""Importers: what other programs train and quantise, as ONNX models that aimcc reads.

Every importer is two functions. One makes an `onnx.ModelProto`, with the ranges that training has
found in its `metadata_props` (Specs/cli.md); the other, named `from_…`, makes an `aimcc.Network`
of it. The packages that an importer needs are imported when it is called.
"""
