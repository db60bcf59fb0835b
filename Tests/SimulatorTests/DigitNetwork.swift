import Basics
import Chip
import Program
import TestSupport

/// A network of the shape of the MNIST CNN with two convolutions, on 60 cores: a 5×5 convolution of
/// 8 channels, max pooling of 2×2, one of 16 channels, max pooling of 3×3, a dense layer.
///
/// The weights are noise; what matters is the amount of work.
func digitNetwork(replicas: Int = 29) -> Program {
  var numbers = SplitMix64(seed: 1)
  var builder = ProgramBuilder(smallChip(rows: 256, columns: 256, cores: 64, countsPerGMax: 160))
  let image = builder.input("image", [1, 28, 28])
  let staged = builder.buffer("staged", 784)
  let first = builder.buffer("first", 8 * 28 * 28)
  let pooled = builder.buffer("pooled", 8 * 14 * 14)
  let second = builder.buffer("second", 16 * 14 * 14)
  let features = builder.buffer("features", 16 * 4 * 4)
  let scores = builder.output("scores", [1, 10])

  var core = 0
  func convolution(
    _ source: BufferID, _ target: BufferID, channels: Int, size: Int, filters: Int
  ) {
    let rows = channels * 25
    let vectors = size * size
    let done = builder.counter()
    let ready = CounterID(builder.program.counterCount - 2)
    let affine = builder.affine(
      gain: numbers.floats(filters).map { ($0 + 2) * 0.02 / Float(rows) },
      offset: numbers.floats(filters).map { $0 * 0.1 })
    var block: Int?
    for replica in 0..<replicas {
      let range = (replica * vectors / replicas)..<((replica + 1) * vectors / replicas)
      if range.isEmpty { continue }
      let tile: UInt32
      if let block {
        tile = builder.tile(of: block, core: core)
      } else {
        tile = builder.tile(
          numbers.floats(rows * filters), rows: rows, columns: filters, core: core)
        block = builder.program.blocks.count - 1
      }
      let columns = builder.columns(range.count * filters, core: core)
      let multiplied = builder.counter()
      var window = Descriptor(
        buffer: source, counter: ready, amount: 1,
        axes: [
          .init(extent: channels, stride: size * size),
          .init(origin: -2, extent: size, stride: size), .init(origin: -2, extent: size, stride: 1),
        ],
        loops: [
          .init(count: size, axis: 1, step: 1), .init(count: size, axis: 2, step: 1),
          .init(count: channels, axis: 0, step: 1), .init(count: 5, axis: 1, step: 1),
          .init(count: 5, axis: 2, step: 1),
        ], innerLoops: 3)
      window.vectors = range
      var results = Descriptor(
        buffer: target, counter: done, amount: 1,
        axes: [.init(extent: filters, stride: vectors), .init(extent: vectors, stride: 1)],
        loops: [.init(count: vectors, axis: 1, step: 1), .init(count: filters, axis: 0, step: 1)],
        innerLoops: 1)
      results.vectors = range
      let out = builder.dense(
        columns, [range.count, filters], inner: 1, counter: multiplied, amount: 1)
      let id = CoreID(core)
      builder.add(
        .mvm, on: .crossbar(chip: 0, core: id), out, builder.walk(window), tile,
        immediates: [1.0 / 127])
      builder.add(
        .affine, on: .ldpu(chip: 0, core: id), flags: .reluAfter, builder.walk(results), out,
        Instruction.none, affine, immediates: [1.0 / 127, 0])
      core += 1
    }
  }

  func pool(_ source: BufferID, _ target: BufferID, channels: Int, size: Int, window: Int) {
    let awaited = CounterID(builder.program.counterCount - replicas - 1)
    let out = size / window
    let windows = builder.walk(
      Descriptor(
        buffer: source, counter: awaited, amount: replicas,
        axes: [
          .init(extent: channels, stride: size * size), .init(extent: size, stride: size),
          .init(extent: size, stride: 1),
        ],
        loops: [
          .init(count: channels, axis: 0, step: 1), .init(count: out, axis: 1, step: window),
          .init(count: out, axis: 2, step: window), .init(count: window, axis: 1, step: 1),
          .init(count: window, axis: 2, step: 1),
        ], innerLoops: 2, fill: -.infinity))
    let results = builder.dense(
      target, [channels * out * out], inner: 0, counter: builder.counter(), amount: 1)
    builder.add(.reduce, function: ReduceFunction.max.rawValue, results, windows)
  }

  let start = builder.counter()
  builder.add(
    .copy, builder.dense(staged, [784], inner: 1, counter: start, amount: 1),
    builder.dense(image, [784], inner: 1))
  convolution(staged, first, channels: 1, size: 28, filters: 8)
  pool(first, pooled, channels: 8, size: 28, window: 2)
  convolution(pooled, second, channels: 8, size: 14, filters: 16)
  pool(second, features, channels: 16, size: 14, window: 3)
  let ready = CounterID(builder.program.counterCount - 1)
  let tile = builder.tile(numbers.floats(2560), rows: 256, columns: 10, core: core)
  let columns = builder.columns(10, core: core)
  let out = builder.dense(columns, [1, 10], inner: 1, counter: builder.counter(), amount: 1)
  let affine = builder.affine(
    gain: Array(repeating: 0.0005, count: 10), offset: Array(repeating: 0, count: 10))
  builder.add(
    .mvm, on: .crossbar(chip: 0, core: CoreID(core)), out,
    builder.dense(features, [1, 256], inner: 1, counter: ready, amount: 1), tile,
    immediates: [1.0 / 127])
  builder.add(
    .affine, on: .ldpu(chip: 0, core: CoreID(core)), builder.dense(scores, [1, 10], inner: 1), out,
    Instruction.none, affine, immediates: [1.0 / 64, 0])
  return builder.finished()
}
