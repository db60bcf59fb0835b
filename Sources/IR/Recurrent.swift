/// The parameters of a recurrent layer in one direction.
///
/// With t steps, b sequences, i inputs, h hidden units and g gates (4 in an LSTM, 3 in a GRU, else
/// 1), x is t × b × i, weights 1 × gh × i, recurrence 1 × gh × h, bias 1 × 2gh, lengths b, initial
/// states 1 × b × h and peepholes 1 × 3h. Results are y, t × 1 × b × h, and last states 1 × b × h.
public struct Recurrent: Hashable, Sendable {
  /// What a step computes.
  public enum Cell: Hashable, Sendable {
    /// Gates in the order input, output, forget, cell; with `couplesForget`, the forget gate is 1
    /// minus the input gate.
    case lstm(couplesForget: Bool)
    /// Gates in the order update, reset, hidden; with `linearBeforeReset`, the reset gate
    /// multiplies a product with the hidden state, else the state before the product.
    case gru(linearBeforeReset: Bool)
    /// No gate.
    case rnn
  }

  /// What a step computes.
  public var cell: Cell
  /// Whether each sequence is read from its last step to its first.
  public var reverse: Bool
  /// The functions of gates, of the candidate and, in an LSTM, of the state, in this order.
  public var activations: [Activation]
  /// The magnitude to which what goes into the functions of gates and candidate is clipped; `nil`
  /// for no clipping.
  public var clip: Float?

  /// Creates the parameters.
  public init(
    cell: Cell, reverse: Bool = false, activations: [Activation]? = nil, clip: Float? = nil
  ) {
    self.cell = cell
    self.reverse = reverse
    self.activations = activations ?? cell.usualActivations
    self.clip = clip
  }
}

extension Recurrent {
  /// A function of one element with its parameters.
  public struct Activation: Hashable, Sendable {
    /// The function.
    public enum Function: String, Hashable, Sendable, CaseIterable {
      /// alpha·x + beta
      case affine
      case relu, sigmoid, tanh, softsign, softplus
      /// x < 0 ? alpha·x : x
      case leakyRelu = "leaky_relu"
      /// x > alpha ? x : 0
      case thresholdedRelu = "thresholded_relu"
      /// alpha·tanh(beta·x)
      case scaledTanh = "scaled_tanh"
      /// max(0, min(1, alpha·x + beta))
      case hardSigmoid = "hard_sigmoid"
      /// x < 0 ? alpha·(eˣ − 1) : x
      case elu
    }

    /// The function.
    public var function: Function
    /// The first parameter; 0 where the function has none.
    public var alpha: Float
    /// The second parameter; 0 where the function has none.
    public var beta: Float

    /// Creates a function, with the parameters that ONNX gives it where they are left out.
    public init(_ function: Function, alpha: Float? = nil, beta: Float? = nil) {
      self.function = function
      let usual = function.usualParameters
      self.alpha = usual.alpha == nil ? 0 : alpha ?? usual.alpha!
      self.beta = usual.beta == nil ? 0 : beta ?? usual.beta!
    }
  }
}

extension Recurrent.Cell {
  /// The number of gates, the candidate included.
  public var gates: Int {
    switch self {
    case .lstm: 4
    case .gru: 3
    case .rnn: 1
    }
  }

  /// The functions where a model names none.
  public var usualActivations: [Recurrent.Activation] {
    switch self {
    case .lstm: [.init(.sigmoid), .init(.tanh), .init(.tanh)]
    case .gru: [.init(.sigmoid), .init(.tanh)]
    case .rnn: [.init(.tanh)]
    }
  }
}

extension Recurrent.Activation.Function {
  /// The parameters where a model gives none; `nil` where the function has no such parameter.
  public var usualParameters: (alpha: Float?, beta: Float?) {
    switch self {
    case .affine, .scaledTanh: (1, self == .affine ? 0 : 1)
    case .leakyRelu: (0.01, nil)
    case .thresholdedRelu, .elu: (1, nil)
    case .hardSigmoid: (0.2, 0.5)
    case .relu, .sigmoid, .tanh, .softsign, .softplus: (nil, nil)
    }
  }
}
