import Basics
import Program
import Simulator
import TestSupport
import Testing

/// Several inferences at once, and inputs that do not fit.
struct BatchTests {
  private static func images(_ count: Int) -> Tensor {
    var numbers = SplitMix64(seed: 11)
    return Tensor(numbers.floats(count * 784), shape: [count, 28, 28])
  }

  /// Every bit is the same, however the inferences are spread over lanes, threads and runs.
  @Test(arguments: [Fidelity.ideal, .quantized])
  func lanesThreadsAndBatchesDoNotMatter(fidelity: Fidelity) throws {
    let count = 37
    let images = Self.images(count)
    let simulation = try Simulation(digitNetwork(replicas: 5), fidelity: fidelity)
    var options = Simulation.Options()
    options.lanes = 1
    options.threads = 1
    let features = BufferID(simulation.program.buffers.firstIndex { $0.name == "features" }!)
    options.recorded = [features]
    let alone = try simulation.run([images], options: options)
    #expect(Set(alone.outputs[0].elements(of: Float.self)).count > 10)
    for (lanes, threads) in [(2, 1), (3, 2), (7, 1), (16, 3), (64, 1), (64, 2)] {
      options.lanes = lanes
      options.threads = threads
      let together = try simulation.run([images], options: options)
      #expect(together.outputs == alone.outputs)
      #expect(together.recorded == alone.recorded)
      #expect(together.statistics == alone.statistics)
    }
    let chosen = try simulation.run([images])
    #expect(chosen.outputs == alone.outputs)
    let values = images.elements(of: Float.self)
    let scores = alone.outputs[0].elements(of: Float.self)
    for inference in [0, 20, 36] {
      let image = Array(values[(inference * 784)..<((inference + 1) * 784)])
      let output = try simulation.run([Tensor(image, shape: [1, 28, 28])]).outputs[0]
      #expect(output.shape == [1, 10])
      #expect(
        output.elements(of: Float.self) == Array(scores[(inference * 10)..<((inference + 1) * 10)]))
    }
  }

  /// An observer is told more and more, at last all, and can end a run.
  @Test(arguments: [1, 4]) func observersFollowARun(threads: Int) throws {
    struct Enough: Error {}
    let simulation = try Simulation(digitNetwork(replicas: 1), fidelity: .ideal)
    var options = Simulation.Options()
    (options.lanes, options.threads) = (1, threads)
    var told: [Int] = []
    _ = try simulation.run([Self.images(40)], options: options) { told.append($0) }
    #expect(told == told.sorted() && told.last == 40)
    // Of several threads, others may be faster than the one that is told.
    if threads == 1 { #expect(told == Array(1...40) + [40]) }
    told = []
    #expect(throws: Enough.self) {
      try simulation.run([Self.images(40)], options: options) { done in
        told.append(done)
        throw Enough()
      }
    }
    #expect(told.count == 1)
  }

  /// The widest products, whose bits would be the first to depend on the place in a batch.
  @Test(arguments: [Fidelity.ideal, .quantized])
  func placeInABatchDoesNotMatter(fidelity: Fidelity) throws {
    for (rows, columns) in [(256, 256), (251, 13), (1, 1), (97, 130)] {
      var numbers = SplitMix64(seed: UInt64(rows))
      let layer = Layer(
        rows: rows, columns: columns, conductances: numbers.floats(rows * columns),
        inputScale: 0.01, gain: numbers.floats(columns), offset: numbers.floats(columns),
        scale: 0.1)
      let simulation = try Simulation(layer.program(), fidelity: fidelity)
      let x = numbers.floats(rows)
      let many = Tensor((0..<64).flatMap { _ in x }, shape: [64, rows])
      var options = Simulation.Options()
      options.threads = 1
      let outputs = try simulation.run([many], options: options).outputs[0]
        .elements(of: Float.self)
      let alone = try simulation.run([Tensor(x, shape: [1, rows])]).outputs[0]
        .elements(of: Float.self)
      for place in 0..<64 {
        #expect(Array(outputs[(place * columns)..<((place + 1) * columns)]) == alone)
      }
    }
  }

  private static func doubling(_ shape: [Int], _ element: ElementType) throws -> Simulation {
    var builder = ProgramBuilder()
    let x = builder.input("x", shape, element)
    let y = builder.output("y", shape, element)
    let count = shape.reduce(1, *)
    let source = builder.dense(x, [count], inner: 1)
    builder.add(
      .zip, function: ZipFunction.add.rawValue, builder.dense(y, [count], inner: 1), source, source)
    return try Simulation(builder.finished(), fidelity: .ideal)
  }

  @Test func inferencesLieAlongTheFirstDimension() throws {
    let simulation = try Self.doubling([2, 3], .f32)
    func shape(_ shape: [Int]) throws -> [Int] {
      let x = Tensor((0..<shape.reduce(1, *)).map(Float.init), shape: shape)
      let y = try simulation.run([x]).outputs[0]
      #expect(y.elements(of: Float.self) == x.elements(of: Float.self).map { 2 * $0 })
      return y.shape
    }
    #expect(try shape([2, 3]) == [2, 3])
    #expect(try shape([8, 3]) == [8, 3])
    #expect(try shape([5, 2, 3]) == [5, 2, 3])
    let scalar = try Self.doubling([], .f32)
    #expect(try scalar.run([Tensor(scalar: Float(2))]).outputs[0].shape == [])
    #expect(try scalar.run([Tensor([Float(2), 3], shape: [2])]).outputs[0].shape == [2])
  }

  @Test func elementsAreConvertedWhereNothingIsLost() throws {
    let floats = try Self.doubling([3], .f32)
    func double(_ x: Tensor) throws -> [Float] {
      try floats.run([x]).outputs[0].elements(of: Float.self)
    }
    #expect(try double(Tensor([UInt8(0), 7, 255], shape: [3])) == [0, 14, 510])
    #expect(try double(Tensor([Float16(0.5), -1, 3], shape: [3])) == [1, -2, 6])
    #expect(try double(Tensor([0.5, -1, 3], shape: [3])) == [1, -2, 6])
    #expect(try double(Tensor([true, false, true] as [Bool8], shape: [3])) == [2, 0, 2])
    let integers = try Self.doubling([3], .i16)
    func doubled(_ x: Tensor) throws -> [Int16] {
      try integers.run([x]).outputs[0].elements(of: Int16.self)
    }
    #expect(try doubled(Tensor([Float(1), -2, 3], shape: [3])) == [2, -4, 6])
    #expect(try doubled(Tensor([Int64(1), -2, 20000], shape: [3])) == [2, -4, -25536])
    for tensor in [
      Tensor([0.1, 0, 0], shape: [3]), Tensor([Int64(1 << 24 + 1), 0, 0], shape: [3]),
    ] {
      let error = #expect(throws: Diagnostics.self) { try double(tensor) }
      #expect(error?.description.contains("element 0, ") == true)
      #expect(error?.description.contains("is not exact in f32") == true)
    }
    for tensor in [
      Tensor([Float(0), 1.5, 0], shape: [3]), Tensor([Int32(0), 40_000, 0], shape: [3]),
      Tensor([Float(0), .nan, 0], shape: [3]), Tensor([UInt64(0), .max, 0], shape: [3]),
    ] {
      let error = #expect(throws: Diagnostics.self) { try doubled(tensor) }
      #expect(error?.description.contains("element 1, ") == true)
    }
  }

  @Test func everyInputThatDoesNotFitIsNamed() throws {
    var builder = ProgramBuilder()
    _ = builder.input("a", [2, 3])
    _ = builder.input("b", [4])
    _ = builder.input("c", [4])
    builder.add(.loop, 1)
    builder.add(.next)
    let simulation = try Simulation(builder.finished(), fidelity: .ideal)
    func tensor(_ shape: [Int]) -> Tensor {
      Tensor(Array(repeating: Float(1), count: shape.reduce(1, *)), shape: shape)
    }
    var error = #expect(throws: Diagnostics.self) {
      try simulation.run([tensor([2, 4]), tensor([8]), tensor([12])])
    }
    #expect(error?.items.count == 2)
    #expect(
      error?.description.contains("input \"a\" takes f32 [2, 3], but was given f32 [2, 4]") == true)
    #expect(error?.description.contains("input \"c\"") == true)
    error = #expect(throws: Diagnostics.self) { try simulation.run([tensor([2, 3])]) }
    #expect(error?.description.contains("1 inputs are given for 3") == true)
    error = #expect(throws: Diagnostics.self) {
      try simulation.run([tensor([0, 3]), tensor([4]), tensor([4])])
    }
    #expect(error?.items.count == 1)
  }

  @Test func recordsWhatIsAskedFor() throws {
    var builder = ProgramBuilder()
    let x = builder.input("x", [1, 2])
    let middle = builder.buffer("middle", 2, .i8)
    let table = builder.constant("table", [Float(4), 5, 6])
    builder.add(.cast, builder.dense(middle, [2], inner: 1), builder.dense(x, [2], inner: 1))
    let simulation = try Simulation(builder.finished(), fidelity: .ideal)
    var options = Simulation.Options()
    options.recorded = [middle, table]
    let recorded = try simulation.run(
      [Tensor([Float(1.5), -2.5, 3.5, 4.5], shape: [2, 2])], options: options
    ).recorded
    #expect(recorded[0] == Tensor([Int8(1), -2, 3, 4], shape: [2, 2]))
    #expect(recorded[1] == Tensor([Float(4), 5, 6, 4, 5, 6], shape: [2, 3]))
    options.recorded = [BufferID(99)]
    #expect(throws: Diagnostics.self) {
      try simulation.run([Tensor([Float(1), 2], shape: [1, 2])], options: options)
    }
  }

  /// Inferences after one that fails do not hide it, and memories begin at 0 every time.
  @Test func faultsNameTheFirstInference() throws {
    var builder = ProgramBuilder()
    let x = builder.input("x", [1], .i32)
    let y = builder.output("y", [1], .i32)
    let (source, target) = (builder.dense(x, [1], inner: 1), builder.dense(y, [1], inner: 1))
    builder.add(.zip, function: ZipFunction.add.rawValue, target, target, source)
    let simulation = try Simulation(builder.finished(), fidelity: .ideal)
    var options = Simulation.Options()
    options.lanes = 1
    options.threads = 1
    let outputs = try simulation.run([Tensor([Int32(5), 6, 7], shape: [3])], options: options)
    #expect(outputs.outputs[0].elements(of: Int32.self) == [5, 6, 7])
  }
}
