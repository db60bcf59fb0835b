"""Networks of Keras on TensorFlow, as tf2onnx writes them."""

import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import tensorflow as tf
import tf2onnx
from tensorflow import keras
from tensorflow.keras import layers as L


def chain(shape, *layers):
    return keras.Sequential([keras.Input(shape), *layers])


def residual():
    x = keras.Input((16, 16, 3))
    y = L.Conv2D(8, 3, padding="same")(x)
    z = L.Conv2D(8, 3, padding="same")(L.ReLU()(L.BatchNormalization()(y)))
    z = L.GlobalAveragePooling2D()(L.add([y, z]))
    return keras.Model(x, L.Dense(5, activation="softmax")(z))


def attention():
    x = keras.Input((7, 12))
    y = L.Dense(16)(x)
    y = L.LayerNormalization()(L.add([L.MultiHeadAttention(2, 8)(y, y), y]))
    return keras.Model(x, L.Dense(3)(L.GlobalAveragePooling1D()(y)))


def models():
    series = (12, 6)
    return {
        "mlp": chain((10,), L.Dense(20, activation="relu"), L.Dropout(0.5), L.Dense(3)),
        "cnn": chain(
            (28, 28, 1), L.Conv2D(8, 5, strides=2, activation="relu", padding="same"), L.MaxPool2D(),
            L.DepthwiseConv2D(3, padding="same"), L.BatchNormalization(), L.ReLU(6.0),
            L.SeparableConv2D(16, 3), L.Flatten(), L.Dense(10)),
        "residual": residual(),
        "attention": attention(),
        "lstm": chain(series, L.LSTM(17, return_sequences=True), L.LSTM(9), L.Dense(2)),
        "lstm-both-ways": chain(series, L.Bidirectional(L.LSTM(8)), L.Dense(2)),
        "gru": chain(series, L.GRU(17), L.Dense(2)),
        "rnn": chain(series, L.SimpleRNN(8), L.Dense(2)),
        "line": chain(
            (32, 4), L.Conv1D(8, 5, dilation_rate=2, padding="causal", activation="elu"),
            L.AveragePooling1D(2), L.Conv1DTranspose(4, 4, strides=2, padding="same"),
            L.UpSampling1D(2)),
        "upsampling": chain(
            (8, 8, 3), L.Conv2DTranspose(4, 3, strides=2, padding="same", activation="selu"),
            L.UpSampling2D(2, interpolation="bilinear"), L.ZeroPadding2D(1), L.Cropping2D(2),
            L.PReLU(shared_axes=[1, 2]), L.Conv2D(2, 1)),
        "activations": chain(
            (9,), L.Dense(9, activation="swish"), L.Dense(9, activation="softplus"),
            L.Dense(9, activation="mish"), L.Dense(9, activation="hard_sigmoid"), L.LeakyReLU(),
            L.ELU()),
    }


def export(folder):
    """Writes the models in three operator sets; gives the path and the input of each."""
    tf.random.set_seed(0)
    generator = np.random.default_rng(0)
    for name, model in models().items():
        shape = model.input_shape[1:]
        x = generator.normal(size=(1, *shape)).astype(np.float32)
        signature = [tf.TensorSpec((None, *shape), tf.float32, name="x")]
        function = tf.function(lambda x, model=model: {"y": model(x)}, input_signature=signature)
        for opset in (9, 13, 18):
            path = pathlib.Path(folder) / f"{name}-{opset}.onnx"
            try:
                tf2onnx.convert.from_function(
                    function, input_signature=signature, opset=opset, output_path=str(path))
            except (ValueError, RuntimeError) as error:
                print(f"{path.stem}: not exported: {str(error).splitlines()[0]}")
                continue
            yield path, x
