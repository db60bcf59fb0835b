"""Random small networks and the settings with which ONNX Runtime quantises them."""
