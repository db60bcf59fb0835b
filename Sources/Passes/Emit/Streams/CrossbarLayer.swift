import Chip
import Program

/// A layer whose blocks lie on cores.
struct CrossbarLayer {
  /// The layer, with the vectors that one product takes.
  var shape: Layer
  var ranges: LayerQuantization
  /// The largest code of a partial sum.
  var codes: Int
  var chains: [Chain] = []
}

/// Blocks of one stack of one replica on linked cores.
struct Chain {
  var replica: Int
  var stack: Int
  var columns: Range<Int>
  var rows: [Range<Int>]
  /// The row block of the first core.
  var firstRow: Int
  var segment: StackPlacement.Segment
  /// The place of the chain among those of the stack, of which the last one adds the bias.
  var number: Int
  /// The number of chains of the stack.
  var segments: Int
  /// The tile of the first core.
  var firstTile: Int
  /// The affine function of the first core.
  var firstAffine: Int
  /// The core at its end, and the chip of that.
  var end: (chip: Int, core: CoreID) { (segment.chip, segment.cores.last!) }
  /// Whether the chain is the whole stack, so that its sum is the result.
  var isWhole: Bool { segments == 1 }
}

/// Where the vectors that a layer multiplies lie.
struct ProductSource {
  /// The vectors; in a recurrent layer, the part of them that is x.
  var input: Descriptor
  /// The part of the vectors that is the hidden state, and its first row in the layer's matrix.
  var state: (walk: Descriptor, row: Int)?

  /// Creates the source of a layer.
  init(input: Descriptor, state: (walk: Descriptor, row: Int)? = nil) {
    self.input = input
    self.state = state
  }

  /// The walk over some rows of every vector, and what has to be waited for beside it: the hidden
  /// state begins a step, also for those that only read x.
  func walk(rows: Range<Int>) -> (source: Descriptor, pace: Descriptor?) {
    guard let state else {
      var source = input
      source.elements = rows
      return (source, nil)
    }
    let isState = rows.lowerBound >= state.row
    var source = isState ? state.walk : input
    source.elements =
      isState ? rows.lowerBound - state.row..<rows.upperBound - state.row : rows
    return (source, isState ? nil : state.walk)
  }
}

extension Product {
  /// The step of the DAC for some rows, all of one range.
  func scale(of rows: Range<Int>, _ ranges: LayerQuantization) -> Float {
    guard gates != nil, rows.lowerBound >= inputRows else {
      return ranges.inputScale(ofRow: rows.lowerBound, of: inputRows)
    }
    return ranges.stateScale ?? ranges.inputScale
  }

  /// The walk through a memory of the layer's result that writes some columns of some vectors.
  func walk(_ columns: Range<Int>, _ vectors: Range<Int>, in buffer: BufferID) -> Descriptor {
    var walk = destination
    walk.buffer = buffer
    walk.vectors = vectors
    walk.elements = columns
    return walk
  }
}
