"""Networks and linear models of scikit-learn, as skl2onnx writes them."""

import pathlib
import warnings

import numpy as np
from skl2onnx import to_onnx
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Binarizer, MinMaxScaler, Normalizer, StandardScaler

warnings.filterwarnings("ignore")


def models():
    network = {"hidden_layer_sizes": (64, 32), "max_iter": 20, "random_state": 0}
    logistic = LogisticRegression(max_iter=30)
    return {
        "mlp-classifier": make_pipeline(StandardScaler(), MLPClassifier(**network)),
        "mlp-regressor": make_pipeline(StandardScaler(), MLPRegressor(**network)),
        "mlp-normalized": make_pipeline(Normalizer(), MLPClassifier(**network)),
        "logistic": make_pipeline(MinMaxScaler(), logistic),
        "logistic-pca": make_pipeline(PCA(20, random_state=0), logistic),
        "logistic-binary": make_pipeline(Binarizer(threshold=8), logistic),
        "one-versus-rest": OneVsRestClassifier(logistic),
        "linear": LinearRegression(),
        "ridge-imputed": make_pipeline(SimpleImputer(), Ridge()),
    }


def export(folder):
    """Writes the models; gives the path and the input of each."""
    x, y = load_digits(return_X_y=True)
    x = x.astype(np.float32)
    for name, model in models().items():
        model.fit(x, y)
        options = {id(model): {"zipmap": False}} if hasattr(model, "predict_proba") else None
        path = pathlib.Path(folder) / f"{name}.onnx"
        path.write_bytes(to_onnx(model, x[:1], options=options).SerializeToString())
        yield path, x[:16]
