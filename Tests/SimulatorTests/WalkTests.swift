import Basics
import Program
import Simulator
import TestSupport
import Testing

/// Descriptors of every kind, against the formula of `Descriptor` taken literally.
struct WalkTests {
  /// The element that each position of `descriptor` names; `nil` outside the extents.
  private static func addresses(_ descriptor: Descriptor) -> [Int?] {
    let split = descriptor.loops.count - descriptor.innerLoops
    let elements = descriptor.loops[split...].reduce(1) { $0 * $1.count }
    return descriptor.vectors.flatMap { vector in
      descriptor.elements.map { element in
        var rest = vector * elements + element
        var coordinates = descriptor.axes.map(\.origin)
        for loop in descriptor.loops.reversed() {
          coordinates[loop.axis] += rest % loop.count * loop.step
          rest /= loop.count
        }
        var address = descriptor.base
        for (axis, coordinate) in zip(descriptor.axes, coordinates) {
          guard (0..<axis.extent).contains(coordinate) else { return nil }
          address += coordinate * axis.stride
        }
        return address
      }
    }
  }

  /// A descriptor over a dense array of a random shape, and the number of elements of the array.
  private static func random(_ numbers: inout SplitMix64) -> (Descriptor, count: Int) {
    let shape = (0..<(1 + numbers.next(below: 3))).map { _ in 1 + numbers.next(below: 5) }
    var descriptor = denseDescriptor(BufferID(0), shape, inner: 0)
    for axis in descriptor.axes.indices {
      descriptor.axes[axis].origin = numbers.next(below: 5) - 2
    }
    descriptor.loops = (0..<(1 + numbers.next(below: 5))).map { _ in
      Descriptor.Loop(
        count: 1 + numbers.next(below: 4), axis: numbers.next(below: shape.count),
        step: numbers.next(below: 6) - 2)
    }
    descriptor.innerLoops = numbers.next(below: descriptor.loops.count + 1)
    let inner = descriptor.loops.suffix(descriptor.innerLoops).reduce(1) { $0 * $1.count }
    let outer = descriptor.loops.dropLast(descriptor.innerLoops).reduce(1) { $0 * $1.count }
    let first = numbers.next(below: outer)
    descriptor.vectors = first..<(first + 1 + numbers.next(below: outer - first))
    let start = numbers.next(below: inner)
    descriptor.elements =
      numbers.next(below: 2) == 0
      ? 0..<inner : start..<(start + 1 + numbers.next(below: inner - start))
    descriptor.fill = -7
    descriptor.base = numbers.next(below: 3)
    return (descriptor, descriptor.base + shape.reduce(1, *))
  }

  @Test(arguments: [ElementType.f32, .i32], [false, true])
  func readsAndWritesAsTheFormulaSays(element: ElementType, fromConstant: Bool) throws {
    var numbers = SplitMix64(seed: 17)
    for trial in 0..<400 {
      var (descriptor, count) = Self.random(&numbers)
      let lanes = [1, 3][trial % 2]
      let addresses = Self.addresses(descriptor)
      var builder = ProgramBuilder()
      let content = (0..<count).map(Int32.init)
      var inputs: [Tensor] = []
      func tensor(_ values: [Int32], _ shape: [Int]) -> Tensor {
        element == .f32
          ? Tensor(values.map(Float.init), shape: shape) : Tensor(values, shape: shape)
      }
      let all = (0..<lanes).flatMap { lane in content.map { $0 + Int32(lane * 1000) } }
      if fromConstant {
        descriptor.buffer = builder.buffer(
          "source", count, element, constant: tensor(content, [count]).bytes)
        _ = builder.input("unused", [1])
        inputs = [Tensor(Array(repeating: Float(0), count: lanes), shape: [lanes])]
      } else {
        descriptor.buffer = builder.input("source", [1, count], element)
        inputs = [tensor(all, [lanes, count])]
      }
      let dense = builder.output("dense", [addresses.count], element)
      let back = builder.output("back", [count], element)
      builder.add(
        .copy, builder.dense(dense, [addresses.count], inner: 1), builder.walk(descriptor))
      descriptor.buffer = back
      builder.add(
        .copy, builder.walk(descriptor), builder.dense(dense, [addresses.count], inner: 0))
      let simulation = try Simulation(builder.finished(), fidelity: .ideal)
      let outputs = try simulation.run(inputs).outputs
      var expectedDense: [Int32] = []
      var expectedBack: [Int32] = []
      for lane in 0..<lanes {
        let source = fromConstant ? content : Array(all[(lane * count)..<((lane + 1) * count)])
        expectedDense += addresses.map { $0.map { source[$0] } ?? -7 }
        var written = [Int32](repeating: 0, count: count)
        for address in addresses { if let address { written[address] = source[address] } }
        expectedBack += written
      }
      #expect(outputs[0] == tensor(expectedDense, outputs[0].shape), "\(descriptor)")
      #expect(outputs[1] == tensor(expectedBack, outputs[1].shape), "\(descriptor)")
    }
  }

  @Test func vectorsAreReducedAsTheFormulaSays() throws {
    var numbers = SplitMix64(seed: 23)
    for trial in 0..<400 {
      var (descriptor, count) = Self.random(&numbers)
      let lanes = [1, 3][trial % 2]
      let addresses = Self.addresses(descriptor)
      let vectors = descriptor.vectors.count
      let length = descriptor.elements.count
      var builder = ProgramBuilder()
      descriptor.buffer = builder.input("source", [1, count])
      let sums = builder.output("sums", [vectors])
      let maxima = builder.output("maxima", [vectors])
      let products = builder.output("products", [vectors])
      let weights = builder.constant("weights", numbers.floats(count))
      var other = descriptor
      other.buffer = weights
      let source = builder.walk(descriptor)
      builder.add(.reduce, function: 0, builder.dense(sums, [vectors], inner: 0), source)
      builder.add(.reduce, function: 1, builder.dense(maxima, [vectors], inner: 1), source)
      builder.add(
        .contract, builder.dense(products, [vectors], inner: 0), source, builder.walk(other))
      let program = builder.finished()
      let weightValues = try #require(program.buffers[weights.index].constant).withUnsafeBytes {
        Array($0.bindMemory(to: Float.self))
      }
      let values = numbers.floats(lanes * count)
      let outputs = try Simulation(program, fidelity: .ideal)
        .run([Tensor(values, shape: [lanes, count])]).outputs.map { $0.elements(of: Float.self) }
      for lane in 0..<lanes {
        for vector in 0..<vectors {
          let taken = addresses[(vector * length)..<((vector + 1) * length)]
          let x = taken.map { $0.map { values[lane * count + $0] } ?? -7 }
          let w = taken.map { $0.map { weightValues[$0] } ?? -7 }
          let index = lane * vectors + vector
          #expect(outputs[0][index] == x.reduce(0, +))
          #expect(outputs[1][index] == x.max())
          #expect(outputs[2][index] == zip(x, w).reduce(0) { $0 + $1.0 * $1.1 })
        }
      }
    }
  }
}
