/// The passes of the compiler, in the order in which they run.
public enum Pass: String, Sendable, CaseIterable {
  case graph, fold, fuse, concatenate, legalize, smooth, center, copy, widen, calibrate, partition,
    replicate
  case quantize, place, schedule, emit, check

  /// What the pass does, in a sentence.
  public var summary: String {
    switch self {
    case .graph: "reads the ONNX model and gives every open dimension its size"
    case .fold: "computes what does not depend on the inputs, drops what nothing uses"
    case .fuse: "moves batch normalization, bias, scale and ReLU into the products"
    case .concatenate: "puts products of the same input side by side, as queries, keys and values"
    case .legalize: "makes paddings explicit, refuses what has no code"
    case .smooth: "moves scale between channels and the weights that read them, if wanted"
    case .center: "subtracts the mean of every input channel of a product, if wanted"
    case .copy: "repeats the columns of products and averages what they give, if wanted"
    case .widen: "lets convolutions compute several positions from one vector, if wanted"
    case .calibrate: "runs data through the network and records the ranges that products meet"
    case .partition: "cuts the products with constant weights into blocks that fit a crossbar"
    case .replicate: "gives the slowest products more copies, as far as crossbars are free"
    case .quantize: "chooses the ranges of converters and conductances"
    case .place: "lays blocks onto cores along the chip's links"
    case .schedule: "orders the work and computes its times"
    case .emit: "writes the tile program"
    case .check: "writes the program, reads it back and proves it against the network"
    }
  }

  /// What the pass gives, as a type of this program.
  public var product: String {
    switch self {
    case .graph, .fold, .fuse, .concatenate, .legalize, .smooth, .center, .copy, .widen:
      "Graph"
    case .calibrate: "Calibration"
    case .partition, .replicate: "Partition"
    case .quantize: "Quantization"
    case .place: "Placement"
    case .schedule: "Schedule"
    case .emit, .check: "Program"
    }
  }
}

/// What `compile` writes with `--emit`.
public enum Emission: String, Sendable, CaseIterable {
  case graph, fold, fuse, concatenate, legalize, smooth, center, copy, widen, calibrate, partition
  case replicate, quantize, place, schedule, asm, program

  /// The pass whose product it is.
  public var pass: Pass {
    switch self {
    case .graph: .graph
    case .fold: .fold
    case .fuse: .fuse
    case .concatenate: .concatenate
    case .legalize: .legalize
    case .smooth: .smooth
    case .center: .center
    case .copy: .copy
    case .widen: .widen
    case .calibrate: .calibrate
    case .partition: .partition
    case .replicate: .replicate
    case .quantize: .quantize
    case .place: .place
    case .schedule: .schedule
    case .asm, .program: .emit
    }
  }
}
