"""Generated models of operators of domains other than ONNX's own; see tools/check-contributed."""
