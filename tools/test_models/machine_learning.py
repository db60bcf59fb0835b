"""The domain ai.onnx.ml, in which scikit-learn's networks and linear models are written."""

from onnx import TensorProto

from .case import case

ML = {"domain": "ai.onnx.ml"}


def numbers(m, count, scale=1.0):
    return [float(value) for value in m.random([count], scale=scale)]


@case("machine-learning-network", 15)
def machine_learning_network(m):
    """A scaler and a classifier, as scikit-learn's pipelines have them, and its labels chosen."""
    m.compared = False
    x = m.input("x", ["N", 12])
    scaled = m.node("Scaler", [x], "scaler", offset=numbers(m, 12), scale=numbers(m, 12), **ML)
    m.node(
        "LinearClassifier", [scaled], "classifier", outputs=["label", "scores"],
        classlabels_ints=[3, 5, 8], coefficients=numbers(m, 36, 0.3), intercepts=numbers(m, 3),
        post_transform="SOFTMAX", **ML,
    )
    m.declare("label", (TensorProto.INT64, ["N"]))
    m.declare("scores", ["N", 3])
    m.output("label", "scores")
    hidden = m.node("Relu", [m.gemm(x, "hidden", 12, 16)], "relu")
    greatest = m.node("ArgMax", [m.gemm(hidden, "logits", 16, 4)], "argmax", axis=1)
    classes = m.constant("classes", [7, 9, 2, 4])
    m.result("ArrayFeatureExtractor", [classes, greatest], "chosen", **ML)
    m.declare("chosen", (TensorProto.INT64, [1, "N"]))


@case("machine-learning-features", 15)
def machine_learning_features(m):
    """Features made ready, and linear models with and without a transform of their results."""
    m.compared = False
    x = m.input("x", ["N", 6])
    i = m.input("i", ["N", 3], "int64")

    def result(operator, inputs, name, shape, **attributes):
        m.result(operator, inputs, name, **attributes, **ML)
        m.declare(name, shape)

    result("Binarizer", [x], "binarizer", ["N", 6], threshold=0.25)
    result("Imputer", [x], "imputer", ["N", 6], imputed_value_floats=numbers(m, 6))
    for norm in ("MAX", "L1", "L2"):
        result("Normalizer", [x], f"normalizer-{norm.lower()}", ["N", 6], norm=norm)
    result("OneHotEncoder", [i], "one-hot", ["N", 3, 4], cats_int64s=[1, -2, 5, 7], zeros=1)
    result("FeatureVectorizer", [x, x], "features", ["N", 12], inputdimensions=[6, 6])
    result("LinearRegressor", [x], "one", ["N", 1], coefficients=numbers(m, 6), intercepts=[0.5])
    result("LinearRegressor", [x], "two", ["N", 2], coefficients=numbers(m, 12), targets=2)
    result(
        "LinearRegressor", [x], "logistic", ["N", 2], coefficients=numbers(m, 12), targets=2,
        post_transform="LOGISTIC",
    )
