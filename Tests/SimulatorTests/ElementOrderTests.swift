import Basics
import Chip
import Program
import Simulator
import Testing

/// Programs whose results would depend on the order in which a unit takes elements are refused.
struct ElementOrderTests {
  private static func fault(of program: Program, _ limits: Limits = .none) -> String {
    do {
      _ = try Simulation(program, fidelity: .ideal, limits: limits)
      return ""
    } catch {
      return "\(error)"
    }
  }

  /// A host instruction whose operands walk through a memory `x` of 24 elements.
  private static func fault(
    _ opcode: Opcode, trips: UInt32 = 1, _ walks: (inout ProgramBuilder, BufferID) -> [UInt32]
  ) -> String {
    var builder = ProgramBuilder()
    let x = builder.output("x", [24])
    let operands = walks(&builder, x)
    builder.add(.loop, trips)
    switch operands.count {
    case 2: builder.add(opcode, operands[0], operands[1])
    case 3: builder.add(opcode, operands[0], operands[1], operands[2])
    default: builder.add(opcode, operands[0], operands[1], operands[2], operands[3])
    }
    builder.add(.next)
    return fault(of: builder.finished())
  }

  @Test func elementByElementInPlace() {
    #expect(
      Self.fault(.copy) { [$0.dense($1, [24], inner: 0), $0.dense($1, [24], inner: 0)] } == "")
    #expect(
      Self.fault(.zip) {
        [
          $0.dense($1, [2, 12], inner: 1), $0.dense($1, [24], inner: 0),
          $0.dense($1, [24], inner: 1),
        ]
      } == "")
    #expect(
      Self.fault(.copy) {
        [$0.dense($1, [23], inner: 0, base: 1), $0.dense($1, [23], inner: 0)]
      }.contains(
        "instruction 1 (copy): reads element 1 of buffer \"x\" and writes it too, at another position"
      ))
  }

  /// What is reversed, transposed or repeated changes while it is read.
  @Test func otherOrdersInPlace() {
    func walk(
      _ builder: inout ProgramBuilder, _ x: BufferID, _ loops: [(count: Int, step: Int)],
      origin: Int = 0
    ) -> UInt32 {
      builder.walk(
        Descriptor(
          buffer: x, axes: [.init(origin: origin, extent: 24, stride: 1)],
          loops: loops.map { .init(count: $0.count, axis: 0, step: $0.step) }, innerLoops: 0))
    }
    for loops in [[(4, 1), (6, 4)], [(24, 0)], [(2, 0), (12, 1)]] {
      let text = Self.fault(.map) {
        [$0.dense($1, [24], inner: 0), walk(&$0, $1, loops)]
      }
      #expect(text.contains("at another position"), "\(loops)")
    }
    #expect(
      Self.fault(.map) {
        [$0.dense($1, [24], inner: 0), walk(&$0, $1, [(24, -1)], origin: 23)]
      }.contains("at another position"))
    // A place that is written twice is at one position of the source, but not at the other.
    #expect(
      Self.fault(.map) { [walk(&$0, $1, [(2, 0), (12, 1)]), $0.dense($1, [24], inner: 0)] }
        .contains("at another position"))
    // Even elements from odd ones.
    #expect(
      Self.fault(.map) {
        [walk(&$0, $1, [(12, 2)]), walk(&$0, $1, [(12, 2)], origin: 1)]
      } == "")
  }

  @Test func wholeVectors() {
    #expect(
      Self.fault(.reduce) {
        [$0.dense($1, [4], inner: 0), $0.dense($1, [4, 5], inner: 1, base: 4)]
      }
        == "")
    #expect(
      Self.fault(.reduce) {
        [$0.dense($1, [4], inner: 0), $0.dense($1, [4, 5], inner: 1, base: 3)]
      }
      .contains("(reduce): reads element 3 of buffer \"x\" and writes it too"))
    #expect(
      Self.fault(.contract) {
        [
          $0.dense($1, [4], inner: 0), $0.dense($1, [4, 5], inner: 1, base: 4),
          $0.dense($1, [4, 5], inner: 1),
        ]
      }.contains("reads element 0"))
  }

  @Test(arguments: [Opcode.gather, .scatter, .sort]) func chosenVectors(opcode: Opcode) {
    for base in [11, 12] {
      var builder = ProgramBuilder()
      let x = builder.output("x", [24], .i64)
      let index = builder.constant("index", (0..<12).map { Int64($0) })
      let target = builder.dense(x, [12, 1], inner: 1)
      let source = builder.dense(x, [12, 1], inner: 1, base: base)
      if opcode == .sort {
        builder.add(opcode, target, source)
      } else {
        builder.add(opcode, target, source, builder.dense(index, [12], inner: 0))
      }
      let text = Self.fault(of: builder.finished())
      #expect(text.contains("reads element 11 of buffer \"x\" and writes it too") == (base == 11))
      #expect(base == 11 || text == "")
    }
  }

  /// What is apart at first may meet in a later iteration: the walks lie at 12 − 2k and 1 + k.
  @Test(arguments: [UInt32(4), 5, 1000]) func iterations(trips: UInt32) {
    let text = Self.fault(.map, trips: trips) {
      [
        $0.dense($1, [2], inner: 0, base: trips == 1000 ? 2010 : 12, advance: -2),
        $0.dense($1, [2], inner: 0, base: 1, advance: 1),
      ]
    }
    if trips == 1000 {
      #expect(text.contains("reaches elements"))
    } else {
      #expect(text.contains("reads element 5 of buffer \"x\"") == (trips == 5))
      #expect(trips == 5 || text == "")
    }
  }

  /// Columns that lie over each other are written in an order that depends on how many inferences run together.
  @Test func resultsOfColumns() {
    for stride in [1, 2] {
      var builder = ProgramBuilder()
      let x = builder.input("x", [4])
      let columns = builder.columns(4)
      let y = builder.output("y", [4])
      let tile = builder.tile([1, 0, 0, 1], rows: 2, columns: 2)
      let affine = builder.affine(gain: [1, 1], offset: [0, 0])
      let counter = builder.counter()
      builder.add(
        .mvm, on: .crossbar(chip: 0, core: CoreID(0)),
        builder.dense(columns, [2, 2], inner: 1, counter: counter, amount: 1),
        builder.dense(x, [2, 2], inner: 1), tile, immediates: [1])
      builder.add(
        .affine, on: .ldpu(chip: 0, core: CoreID(0)),
        builder.walk(
          Descriptor(
            buffer: y, axes: [.init(extent: 2, stride: stride), .init(extent: 2, stride: 1)],
            loops: [.init(count: 2, axis: 0, step: 1), .init(count: 2, axis: 1, step: 1)],
            innerLoops: 1)),
        builder.dense(columns, [2, 2], inner: 1, counter: counter, amount: 1), Instruction.none,
        affine, immediates: [1])
      let text = Self.fault(of: builder.finished())
      #expect(text.contains("(affine): writes element 1 of buffer \"y\" twice") == (stride == 1))
      #expect(stride == 1 || text == "")
    }
  }

  /// Walks whose loops do not tell are compared element by element, within the limits of the program.
  @Test func comparisonsAreLimited() {
    func text(_ limits: Limits) -> String {
      var builder = ProgramBuilder()
      let x = builder.output("x", [1 << 20])
      let half = 1 << 19
      // The second half, some of it twice, into the first one and an element more.
      builder.add(
        .copy, builder.dense(x, [half], inner: 0, base: 1),
        builder.walk(
          Descriptor(
            buffer: x, base: half, axes: [.init(extent: half, stride: 1)],
            loops: [.init(count: half / 2, axis: 0, step: 1), .init(count: 2, axis: 0, step: 1)],
            innerLoops: 0)))
      return Self.fault(of: builder.finished(), limits)
    }
    #expect(text(.none).contains("reads element \(1 << 19) of buffer \"x\""))
    #expect(text(Limits(memory: 8 << 20, steps: 1 << 24)).contains("reads element"))
    #expect(
      text(Limits(memory: 8 << 20, steps: 1 << 19)).contains("takes 1024 instructions"))
  }
}
