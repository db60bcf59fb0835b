extension Op {
  /// The name in the text form.
  public var mnemonic: String { names.mnemonic }

  /// The ONNX operator that it stands for, as diagnostics name it.
  public var onnxName: String { names.onnx }

  private var names: (mnemonic: String, onnx: String) {
    switch self {
    case .conv: ("conv", "Conv")
    case .gemm: ("gemm", "Gemm")
    case .matMul: ("matmul", "MatMul")
    case .batchNormalization: ("batch_normalization", "BatchNormalization")
    case .unary(let function): function.names
    case .binary(let function): (function.rawValue, function.onnxName)
    case .clip: ("clip", "Clip")
    case .softmax(let softmax): softmax.log ? ("log_softmax", "LogSoftmax") : ("softmax", "Softmax")
    case .pool(let pool):
      switch pool.kind {
      case .max: ("max_pool", "MaxPool")
      case .average: ("average_pool", "AveragePool")
      }
    case .globalPool(let kind):
      switch kind {
      case .max: ("global_max_pool", "GlobalMaxPool")
      case .average: ("global_average_pool", "GlobalAveragePool")
      }
    case .reduce(let reduce):
      switch reduce.kind {
      case .mean: ("reduce_mean", "ReduceMean")
      }
    case .concat: ("concat", "Concat")
    case .split: ("split", "Split")
    case .slice: ("slice", "Slice")
    case .pad: ("pad", "Pad")
    case .reshape: ("reshape", "Reshape")
    case .flatten: ("flatten", "Flatten")
    case .transpose: ("transpose", "Transpose")
    case .squeeze: ("squeeze", "Squeeze")
    case .unsqueeze: ("unsqueeze", "Unsqueeze")
    case .gather: ("gather", "Gather")
    case .shape: ("shape", "Shape")
    case .cast: ("cast", "Cast")
    case .constantOfShape: ("constant_of_shape", "ConstantOfShape")
    case .resize: ("resize", "Resize")
    case .recurrent(let recurrent):
      switch recurrent.cell {
      case .lstm: ("lstm", "LSTM")
      case .gru: ("gru", "GRU")
      case .rnn: ("rnn", "RNN")
      }
    }
  }
}
