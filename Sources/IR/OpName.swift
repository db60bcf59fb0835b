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
    case .softmax(let softmax): (softmax.kind.rawValue, softmax.kind.onnxName)
    case .pool(let pool):
      switch pool.kind {
      case .max: ("max_pool", "MaxPool")
      case .average: ("average_pool", "AveragePool")
      case .norm: ("lp_pool", "LpPool")
      }
    case .globalPool(let kind):
      switch kind {
      case .max: ("global_max_pool", "GlobalMaxPool")
      case .average: ("global_average_pool", "GlobalAveragePool")
      case .norm: ("global_lp_pool", "GlobalLpPool")
      }
    case .reduce(let reduce): ("reduce_\(reduce.kind.rawValue)", reduce.kind.onnxName)
    case .extremum(let extremum):
      switch extremum.kind {
      case .max: ("arg_max", "ArgMax")
      case .min: ("arg_min", "ArgMin")
      }
    case .cumulative(let cumulative):
      switch cumulative.kind {
      case .sum: ("cumulative_sum", "CumSum")
      case .product: ("cumulative_prod", "CumProd")
      }
    case .select: ("where", "Where")
    case .expand: ("expand", "Expand")
    case .determinant: ("determinant", "Det")
    case .fourier: ("fourier", "DFT")
    case .triangle: ("triangle", "Trilu")
    case .identityMatrix: ("identity_matrix", "EyeLike")
    case .range: ("range", "Range")
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
    case .quantize: ("quantize", "QuantizeLinear")
    case .dequantize: ("dequantize", "DequantizeLinear")
    case .constantOfShape: ("constant_of_shape", "ConstantOfShape")
    case .resize: ("resize", "Resize")
    case .control(let control):
      switch control {
      case .conditional: ("if", "If")
      case .loop: ("loop", "Loop")
      case .scan: ("scan", "Scan")
      }
    case .recurrent(let recurrent):
      switch recurrent.cell {
      case .lstm: ("lstm", "LSTM")
      case .gru: ("gru", "GRU")
      case .rnn: ("rnn", "RNN")
      }
    case .movement(let movement): movement.names
    case .sampling(let sampling): sampling.names
    case .einsum: ("einsum", "Einsum")
    }
  }
}

extension Softmax.Kind {
  /// The ONNX operator that it stands for.
  fileprivate var onnxName: String {
    switch self {
    case .softmax: "Softmax"
    case .logSoftmax: "LogSoftmax"
    case .hardmax: "Hardmax"
    }
  }
}

extension ReduceKind {
  /// The ONNX operator that it stands for.
  fileprivate var onnxName: String {
    switch self {
    case .sum: "ReduceSum"
    case .mean: "ReduceMean"
    case .max: "ReduceMax"
    case .min: "ReduceMin"
    case .product: "ReduceProd"
    case .l1: "ReduceL1"
    case .l2: "ReduceL2"
    case .sumSquare: "ReduceSumSquare"
    case .logSum: "ReduceLogSum"
    case .logSumExp: "ReduceLogSumExp"
    }
  }
}
