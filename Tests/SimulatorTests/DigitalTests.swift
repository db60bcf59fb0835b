import Basics
import Chip
import Foundation
import Program
import Simulator
import TestSupport
import Testing

/// Every opcode of the digital units, against the words of Specs/numerics.md.
struct DigitalTests {
  /// Runs one instruction with dense operands and returns its destination.
  private static func run(
    _ opcode: Opcode, function: UInt8 = 0, _ inputs: [Tensor], to element: ElementType,
    count: Int? = nil, immediates: [Float] = [], gdpu: GDPU? = nil,
    fidelity: Fidelity = .ideal
  ) throws -> Tensor {
    var builder = ProgramBuilder(smallChip(gdpu: gdpu))
    let unit = digitalUnit(isGlobal: gdpu != nil)
    let isVectors = opcode == .reduce || opcode == .contract
    var operands: [UInt32] = []
    for (index, tensor) in inputs.enumerated() {
      let buffer = builder.input("x\(index)", tensor.shape, tensor.type)
      operands.append(builder.dense(buffer, tensor.shape, inner: 1))
    }
    let size = count ?? (isVectors ? inputs[0].shape[0] : inputs[0].count)
    let target = builder.output("y", [size], element)
    let shape =
      switch opcode {
      case .scatter: [size, 1]
      case .sort: inputs[0].shape
      default: [size]
      }
    operands.insert(builder.dense(target, shape, inner: isVectors ? 0 : 1), at: 0)
    switch operands.count {
    case 1: builder.add(opcode, on: unit, function: function, operands[0], immediates: immediates)
    case 2:
      builder.add(
        opcode, on: unit, function: function, operands[0], operands[1], immediates: immediates)
    case 3:
      builder.add(
        opcode, on: unit, function: function, operands[0], operands[1], operands[2],
        immediates: immediates)
    default:
      builder.add(opcode, on: unit, operands[0], operands[1], operands[2], operands[3])
    }
    return try Simulation(builder.finished(), fidelity: fidelity).run(inputs).outputs[0]
  }

  private static let values: [Float] = [
    0, -0.0, 1, -1, 0.5, -0.5, 3.7, -3.7, 100, -100, 1e-7, -1e-3, 88.5, -103, 1e30, -1e30,
    .infinity, -.infinity, .nan, 0.019, 0.021, -0.02, 0x1p-133,
  ]

  private static func map(_ function: MapFunction, _ x: Float = 0, _ y: Float = 0) throws -> [Float]
  {
    let input = Tensor(values, shape: [values.count])
    return try run(.map, function: function.rawValue, [input], to: .f32, immediates: [x, y])
      .elements(of: Float.self)
  }

  private static func expect(
    _ actual: [Float], _ expected: (Float) -> Float, tolerance: Float = 0,
    location: SourceLocation = #_sourceLocation
  ) {
    for (value, result) in zip(values, actual) {
      let wanted = expected(value)
      let isEqual =
        result == wanted || result.isNaN && wanted.isNaN
        || abs(result - wanted) <= tolerance * abs(wanted) + 0x1p-149
      #expect(isEqual, "of \(value): \(result), not \(wanted)", sourceLocation: location)
    }
  }

  @Test func mapsArithmetic() throws {
    Self.expect(try Self.map(.affine, 3, -2)) { 3 * $0 - 2 }
    Self.expect(try Self.map(.leaky, 0.1)) { $0 < 0 ? 0.1 * $0 : $0 }
    Self.expect(try Self.map(.clip, -1, 2)) { $0.isNaN ? $0 : min(max($0, -1), 2) }
    Self.expect(try Self.map(.clip, 0, .infinity)) { $0.isNaN ? $0 : max($0, 0) }
  }

  @Test func mapsFunctions() throws {
    Self.expect(try Self.map(.exp), { Float(Foundation.exp(Double($0))) }, tolerance: 1.2e-7)
    Self.expect(try Self.map(.log), { Float(Foundation.log(Double($0))) }, tolerance: 1.2e-7)
    Self.expect(try Self.map(.tanh), { Float(Foundation.tanh(Double($0))) }, tolerance: 1.2e-7)
    Self.expect(
      try Self.map(.sigmoid), { Float(1 / (1 + Foundation.exp(-Double($0)))) }, tolerance: 1.2e-7)
  }

  /// The bound that Specs/numerics.md gives, at many points.
  @Test func functionsAreAccurate() throws {
    let values = (0..<20_000).map { Float($0 - 10_000) * 0.00917 }
    let input = Tensor(values, shape: [values.count])
    let functions: [(MapFunction, (Double) -> Double)] = [
      (.exp, { Foundation.exp($0) }), (.log, { Foundation.log($0) }),
      (.tanh, { Foundation.tanh($0) }), (.sigmoid, { 1 / (1 + Foundation.exp(-$0)) }),
      (.erf, { Foundation.erf($0) }), (.sin, { Foundation.sin($0) }),
      (.cos, { Foundation.cos($0) }), (.atan, { Foundation.atan($0) }),
      (.sqrt, { Foundation.sqrt($0) }), (.floor, { Foundation.floor($0) }),
      (.ceil, { Foundation.ceil($0) }), (.round, { Foundation.rint($0) }),
      (.abs, { Foundation.fabs($0) }), (.sign, { $0 == 0 ? 0 : $0 < 0 ? -1 : 1 }),
    ]
    for (function, truth) in functions {
      let results = try Self.run(.map, function: function.rawValue, [input], to: .f32)
        .elements(of: Float.self)
      for (value, result) in zip(values, results)
      where function != .log && function != .sqrt || value > 0 {
        let wanted = truth(Double(value))
        // Below the smallest normal f32 its steps are what counts.
        let bound = max(1.2e-7 * abs(wanted), 0x1p-149)
        #expect(
          Float(wanted) == result || abs(Double(result) - wanted) <= bound,
          "\(function)(\(value))")
      }
    }
  }

  @Test func zipsFloats() throws {
    let a: [Float] = [1, -2, .nan, 3, 0, -4, .infinity]
    let b: [Float] = [4, 0.5, 1, .nan, 0, 7, -.infinity]
    func zip(_ function: ZipFunction) throws -> [Float] {
      try Self.run(
        .zip, function: function.rawValue, [Tensor(a, shape: [7]), Tensor(b, shape: [7])],
        to: .f32
      ).elements(of: Float.self)
    }
    func expect(_ actual: [Float], _ expected: (Float, Float) -> Float) {
      for i in 0..<7 {
        let wanted = expected(a[i], b[i])
        #expect(actual[i] == wanted || actual[i].isNaN && wanted.isNaN)
      }
    }
    expect(try zip(.add)) { $0 + $1 }
    expect(try zip(.sub)) { $0 - $1 }
    expect(try zip(.mul)) { $0 * $1 }
    expect(try zip(.div)) { $0 / $1 }
    expect(try zip(.max)) { $0.isNaN || $1.isNaN ? .nan : max($0, $1) }
    expect(try zip(.min)) { $0.isNaN || $1.isNaN ? .nan : min($0, $1) }
    expect(try zip(.leaky)) { $0 < 0 ? $0 * $1 : $0 }
  }

  @Test func zipsIntegersModuloTheirWidth() throws {
    let a: [Int8] = [100, -100, -7, 127]
    let b: [Int8] = [100, -100, 2, -1]
    func zip<T: Scalar>(_ function: ZipFunction, _ a: [T], _ b: [T]) throws -> [T] {
      try Self.run(
        .zip, function: function.rawValue,
        [Tensor(a, shape: [a.count]), Tensor(b, shape: [b.count])], to: T.elementType
      ).elements(of: T.self)
    }
    #expect(try zip(.add, a, b) == [-56, 56, -5, 126])
    #expect(try zip(.sub, a, b) == [0, 0, -9, -128])
    #expect(try zip(.mul, a, b) == [16, 16, -14, -127])
    #expect(try zip(.div, a, b) == [1, 1, -3, -127])
    #expect(try zip(.max, a, b) == [100, -100, 2, 127])
    #expect(try zip(.min, a, b) == [100, -100, -7, -1])
    #expect(try zip(.leaky, a, b) == [100, 16, -14, 127])
    #expect(try zip(.div, [Int64.min], [-1]) == [Int64.min])
    #expect(try zip(.max, [UInt64.max], [1]) == [UInt64.max])
    #expect(try zip(.div, [UInt64.max], [2]) == [UInt64.max / 2])
    let error = #expect(throws: Diagnostics.self) { try zip(.div, [Int32(1), 1], [1, 0]) }
    #expect(error?.items[0].node == "node of stream 0")
    #expect(error?.description.contains("divided by 0") == true)
  }

  /// Arguments that the loop over many points leaves out.
  @Test func functionsReachTheirEnds() throws {
    func map(_ function: MapFunction, _ values: [Float]) throws -> [Float] {
      try Self.run(
        .map, function: function.rawValue, [Tensor(values, shape: [values.count])], to: .f32
      )
      .elements(of: Float.self)
    }
    let large: [Float] = [1e6, -3e10, 1e30, 3.4e38, 0x1.921fb6p0]
    #expect(try map(.sin, large) == large.map { Float(Foundation.sin(Double($0))) })
    #expect(try map(.cos, large) == large.map { Float(Foundation.cos(Double($0))) })
    #expect(try map(.sin, [.infinity, .nan]).allSatisfy(\.isNaN))
    #expect(
      try map(.atan, [.infinity, -.infinity]) == [.pi / 2, -.pi / 2].map { Float($0 as Double) })
    #expect(try map(.erf, [.infinity, -.infinity, 5]) == [1, -1, 1])
    #expect(try map(.erf, [.nan]).allSatisfy(\.isNaN) && map(.sqrt, [-1]).allSatisfy(\.isNaN))
    #expect(try map(.round, [0.5, 1.5, -2.5]) == [0, 2, -2])
  }

  @Test func powersAndRemainders() throws {
    func zip(_ function: ZipFunction, _ a: [Float], _ b: [Float]) throws -> [Float] {
      try Self.run(
        .zip, function: function.rawValue,
        [Tensor(a, shape: [a.count]), Tensor(b, shape: [b.count])], to: .f32
      ).elements(of: Float.self)
    }
    let bases: [Float] = [2, -2, -2, 0, 9, -0.0, .infinity, 1, -1, 10]
    let exponents: [Float] = [10, 3, 0.5, 0, 0.5, -3, -1, .nan, .infinity, -45]
    let powers = Swift.zip(bases, exponents).map { Float(Foundation.pow(Double($0), Double($1))) }
    for (result, wanted) in Swift.zip(try zip(.pow, bases, exponents), powers) {
      #expect(result == wanted || result.isNaN && wanted.isNaN)
    }
    #expect(try zip(.mod, [5, -5, 5, -5, 6], [3, 3, -3, -3, .infinity]) == [2, 1, -1, -2, 6])
    #expect(try zip(.rem, [5, -5, 5, -5, 6], [3, 3, -3, -3, .infinity]) == [2, -2, 2, -2, 6])
  }

  @Test func integerFunctions() throws {
    func zip<T: Scalar>(
      _ function: ZipFunction, _ a: [T], _ b: [T], to type: ElementType = T.elementType
    ) throws -> Tensor {
      try Self.run(
        .zip, function: function.rawValue,
        [Tensor(a, shape: [a.count]), Tensor(b, shape: [b.count])], to: type)
    }
    func bytes(_ function: ZipFunction, _ a: [Int8], _ b: [Int8]) throws -> [Int8] {
      try zip(function, a, b).elements(of: Int8.self)
    }
    #expect(try bytes(.pow, [3, -2, 2, -1, 1], [4, 7, -1, -3, -9]) == [81, -128, 0, -1, 1])
    #expect(try bytes(.mod, [7, -7, 7, -128], [3, 3, -3, -1]) == [1, 2, -2, 0])
    #expect(try bytes(.rem, [7, -7, 7, -128], [3, 3, -3, -1]) == [1, -1, 1, 0])
    #expect(try bytes(.and, [12], [10]) == [8] && bytes(.or, [12], [10]) == [14])
    #expect(try bytes(.xor, [12, 5], [10, -1]) == [6, -6])
    #expect(try bytes(.left, [1, 1, 1, 3], [7, 8, -1, 100]) == [-128, 0, 0, 0])
    #expect(try bytes(.right, [-128, -1, 64, 64], [3, 70, -1, 2]) == [-16, -1, 0, 16])
    let unsigned = try zip(.right, [UInt64.max, .max], [63, 64]).elements(of: UInt64.self)
    #expect(unsigned == [1, 0])
    func truths<T: Scalar>(_ function: ZipFunction, _ a: [T], _ b: [T]) throws -> [Bool] {
      try zip(function, a, b, to: .bool).elements(of: Bool8.self).map(\.value)
    }
    #expect(try truths(.equal, [1, 2] as [Int32], [1, 3]) == [true, false])
    #expect(try truths(.less, [UInt64.max, 1], [1, .max]) == [false, true])
    #expect(try truths(.less, [Float.nan, -0.0, 1], [1, 0, 2]) == [false, false, true])
    #expect(try truths(.equal, [Float.nan, -0.0], [.nan, 0]) == [false, true])
    let bits: [Bool8] = [true, true, false, false]
    #expect(try truths(.xor, bits, [true, false, true, false]) == [false, true, true, false])
    let error = #expect(throws: Diagnostics.self) { try bytes(.pow, [0], [-1]) }
    #expect(error?.description.contains("divided by 0") == true)
  }

  @Test func selects() throws {
    let mask = Tensor([true, false, true] as [Bool8], shape: [3])
    let floats = try Self.run(
      .select,
      [mask, Tensor([1, 2, 3] as [Float], shape: [3]), Tensor([4, 5, 6] as [Float], shape: [3])],
      to: .f32)
    #expect(floats.elements(of: Float.self) == [1, 5, 3])
    let integers = try Self.run(
      .select,
      [mask, Tensor([1, 2, 3] as [Int8], shape: [3]), Tensor([4, 5, 6] as [Int8], shape: [3])],
      to: .i8)
    #expect(integers.elements(of: Int8.self) == [1, 5, 3])
  }

  @Test func scattersInOrder() throws {
    func scatter<T: Scalar>(
      _ function: ScatterFunction, _ updates: [T], at index: [Int64], unit: GDPU? = nil
    ) throws -> [T] {
      try Self.run(
        .scatter, function: function.rawValue,
        [Tensor(updates, shape: [updates.count, 1]), Tensor(index, shape: [index.count])],
        to: T.elementType, count: 3, gdpu: unit
      ).elements(of: T.self)
    }
    #expect(try scatter(.replace, [1, 2, 3] as [Float], at: [2, -3, 2]) == [2, 0, 3])
    #expect(try scatter(.add, [1, 2, 3] as [Float], at: [2, 0, 2]) == [2, 0, 4])
    #expect(try scatter(.min, [-1, 2, -3] as [Float], at: [1, 0, 1]) == [0, -3, 0])
    #expect(
      try scatter(.max, [-1, 2, .nan] as [Float], at: [1, 0, 0]).map(\.isNaN) == [
        true, false, false,
      ])
    #expect(try scatter(.add, [100, 100] as [Int8], at: [1, 1]) == [0, -56, 0])
    #expect(try scatter(.max, [.max, 1] as [UInt64], at: [1, 1]) == [0, .max, 0])
    #expect(try scatter(.mul, [5] as [Int32], at: [0]) == [0, 0, 0])
    let error = #expect(throws: Diagnostics.self) {
      try scatter(.replace, [1] as [Float], at: [3])
    }
    #expect(error?.description.contains("element 0 of the index is 3, of 3 vectors") == true)
  }

  @Test func sorts() throws {
    func sort<T: Scalar>(_ function: SortFunction, _ elements: [T], rows: Int = 1) throws -> [Int64]
    {
      try Self.run(
        .sort, function: function.rawValue,
        [Tensor(elements, shape: [rows, elements.count / rows])], to: .i64, count: elements.count
      ).elements(of: Int64.self)
    }
    #expect(try sort(.ascending, [2, .nan, -1, 2, -.infinity] as [Float]) == [4, 2, 0, 3, 1])
    #expect(try sort(.descending, [2, .nan, -1, 2, -.infinity] as [Float]) == [1, 0, 3, 2, 4])
    #expect(try sort(.ascending, [3, 1, 2, 6, 4, 5] as [Int16], rows: 2) == [1, 2, 0, 1, 2, 0])
    #expect(try sort(.ascending, [UInt64.max, 1]) == [1, 0])
  }

  @Test func casts() throws {
    let floats = Tensor([2.9, -2.9, 300, -300, Float.nan, .infinity, 3e9, 0], shape: [8])
    #expect(
      try Self.run(.cast, [floats], to: .i8).elements(of: Int8.self) == [
        2, -2, 127, -128, 0, 127, 127, 0,
      ])
    #expect(
      try Self.run(.cast, [floats], to: .u8).elements(of: UInt8.self) == [
        2, 0, 255, 0, 0, 255, 255, 0,
      ])
    #expect(
      try Self.run(.cast, [floats], to: .i32).elements(of: Int32.self)
        == [2, -2, 300, -300, 0, .max, .max, 0])
    #expect(
      try Self.run(.cast, [floats], to: .u64).elements(of: UInt64.self)
        == [2, 0, 300, 0, 0, .max, 3_000_000_000, 0])
    #expect(
      try Self.run(.cast, [floats], to: .bool).elements(of: Bool8.self).map(\.byte)
        == [1, 1, 1, 1, 1, 1, 1, 0])
    let halves = try Self.run(.cast, [Tensor([2049, 1e6, Float(1e-8)], shape: [3])], to: .f16)
    #expect(halves.elements(of: Float16.self) == [2048, .infinity, 0])
    let integers = Tensor([Int64(300), -1, 1 << 40], shape: [3])
    #expect(try Self.run(.cast, [integers], to: .u8).elements(of: UInt8.self) == [44, 255, 0])
    #expect(
      try Self.run(.cast, [integers], to: .f32).elements(of: Float.self) == [
        300, -1, 1_099_511_627_776,
      ])
    let wide = Tensor([UInt64.max], shape: [1])
    #expect(try Self.run(.cast, [wide], to: .f32).elements(of: Float.self) == [0x1p64])
    #expect(try Self.run(.cast, [wide], to: .i64).elements(of: Int64.self) == [-1])
  }

  @Test func everyHalfIsRoundedAsByTheHardware() throws {
    var numbers = SplitMix64(seed: 2)
    var values = (0..<60_000).map { _ in
      Float(bitPattern: UInt32(truncatingIfNeeded: numbers.next()))
    }
    values += (0..<UInt32(65536)).map { Float(Float16(bitPattern: UInt16($0))) }
    // Half-way cases, and those just beside.
    values += (0..<UInt32(30_000)).flatMap { i -> [Float] in
      let middle = UInt32(0x3300_0000) + i << 12
      return [middle, middle + 1, middle - 1].map { Float(bitPattern: $0) }
    }
    values += [65519.996, 65520, 65504, 0x1p-25, 0x1.000002p-25, 0x1p-24]
    let results = try Self.run(.cast, [Tensor(values, shape: [values.count])], to: .f16)
      .elements(of: Float16.self)
    var wrong = 0
    for (value, result) in zip(values, results) {
      let wanted = Float16(value)
      if !(result == wanted && result.sign == wanted.sign || result.isNaN && wanted.isNaN) {
        wrong += 1
      }
    }
    #expect(wrong == 0)
  }

  @Test func reducesAndContracts() throws {
    let x = Tensor([Float(1), 2, 3, -4, .nan, 6], shape: [2, 3])
    let sums = try Self.run(.reduce, [x], to: .f32).elements(of: Float.self)
    #expect(sums[0] == 6 && sums[1].isNaN)
    let maxima = try Self.run(.reduce, function: 1, [x], to: .f32).elements(of: Float.self)
    #expect(maxima[0] == 3 && maxima[1].isNaN)
    let bytes = Tensor([UInt8(200), 100, 3, 4], shape: [2, 2])
    #expect(try Self.run(.reduce, [bytes], to: .u8).elements(of: UInt8.self) == [44, 7])
    #expect(
      try Self.run(.reduce, function: 1, [bytes], to: .u8).elements(of: UInt8.self) == [200, 4])
    let wide = Tensor([UInt64.max, 1], shape: [1, 2])
    #expect(
      try Self.run(.reduce, function: 1, [wide], to: .u64).elements(of: UInt64.self) == [.max])
    let y = Tensor([Float(2), 0.5, -1, 1, 1, 1], shape: [2, 3])
    let z = Tensor([Float(1), 2, 3, -4, 5, 6], shape: [2, 3])
    #expect(try Self.run(.contract, [z, y], to: .f32).elements(of: Float.self) == [0, 7])
  }

  @Test func copiesAndFillsEveryType() throws {
    for element in ElementType.allCases where element != .f64 {
      var builder = ProgramBuilder()
      let x = builder.input("x", [4], element)
      let y = builder.output("y", [6], element)
      builder.add(.fill, builder.dense(y, [6], inner: 1), immediates: [1])
      builder.add(.copy, builder.dense(y, [4], inner: 1, base: 1), builder.dense(x, [4], inner: 1))
      let content = Bytes(copying: Array(repeating: UInt8(0), count: 4 * element.byteCount))
      let output = try Simulation(builder.finished(), fidelity: .ideal)
        .run([Tensor(type: element, shape: [4], bytes: content)]).outputs[0]
      #expect(output.type == element)
      let one: [UInt8] =
        switch element {
        case .f16: [0, 0x3C]
        case .f32: [0, 0, 0x80, 0x3F]
        case .bf16: [0x80, 0x3F]
        case .f8e4m3fn: [0x38]
        case .f8e4m3fnuz: [0x40]
        case .f8e5m2: [0x3C]
        case .f8e5m2fnuz: [0x40]
        case .f8e8m0: [0x7F]
        case .f4e2m1: [0x02]
        default: [1] + Array(repeating: 0, count: element.byteCount - 1)
        }
      let zeros = [UInt8](repeating: 0, count: 4 * element.byteCount)
      #expect(output.bytes.withUnsafeBytes { Array($0) } == one + zeros + one, "\(element)")
    }
  }

  @Test func gathers() throws {
    let data = Tensor((0..<12).map(Float.init), shape: [4, 3])
    func gather(_ index: [Int32]) throws -> [Float] {
      var builder = ProgramBuilder()
      let x = builder.input("x", [4, 3])
      let i = builder.input("i", [index.count], .i32)
      let y = builder.output("y", [index.count, 3])
      builder.add(
        .gather, builder.dense(y, [index.count, 3], inner: 1), builder.dense(x, [4, 3], inner: 1),
        builder.dense(i, [index.count], inner: 1))
      return try Simulation(builder.finished(), fidelity: .ideal)
        .run([data, Tensor(index, shape: [index.count])]).outputs[0].elements(of: Float.self)
    }
    #expect(try gather([2, 0, -1]) == [6, 7, 8, 0, 1, 2, 9, 10, 11])
    for index in [4, -5, Int32.min] {
      let error = #expect(throws: Diagnostics.self) { try gather([0, index]) }
      #expect(error?.description.contains("element 1 of the index is \(index)") == true)
      #expect(error?.items[0].node == "node of stream 0")
    }
  }

  @Test func gathersInEveryLaneOnItsOwn() throws {
    var builder = ProgramBuilder()
    let x = builder.constant("x", (0..<6).map { Int64($0 * 10) })
    let i = builder.input("i", [1, 2], .i64)
    let y = builder.output("y", [1, 2, 2], .i64)
    builder.add(
      .gather, builder.dense(y, [2, 2], inner: 1), builder.dense(x, [3, 2], inner: 1),
      builder.dense(i, [2], inner: 1))
    let outputs = try Simulation(builder.finished(), fidelity: .ideal)
      .run([Tensor([Int64(0), 1, 2, 2, -1, 0], shape: [3, 2])]).outputs
    #expect(outputs[0].shape == [3, 2, 2])
    #expect(outputs[0].elements(of: Int64.self) == [0, 10, 20, 30, 40, 50, 40, 50, 40, 50, 0, 10])
  }

  @Test func globalUnitsRoundToTheirPrecision() throws {
    let gdpu = GDPU(count: 1, precision: .f16, maximumInputs: 256, clock: 400)
    let x = Tensor([Float(2049), 0.1], shape: [1, 2])
    func sum(_ fidelity: Fidelity) throws -> [Float] {
      try Self.run(.reduce, [x], to: .f32, gdpu: gdpu, fidelity: fidelity).elements(of: Float.self)
    }
    #expect(try sum(.quantized) == [2048])
    #expect(try sum(.ideal) == [2049 + 0.1])
    let half = try Self.run(
      .map, function: MapFunction.tanh.rawValue, [Tensor([Float(0.3)], shape: [1])], to: .f32,
      gdpu: gdpu, fidelity: .quantized)
    #expect(half.elements(of: Float.self) == [Float(Float16(Foundation.tanh(Float(Float16(0.3)))))])
    let product = try Self.run(
      .contract,
      [Tensor([Float(100), 100], shape: [1, 2]), Tensor([Float(30.03), 1], shape: [1, 2])],
      to: .f32, gdpu: gdpu, fidelity: .quantized)
    let first = Float16(100 * Float(Float16(30.03)))
    #expect(product.elements(of: Float.self) == [Float(Float16(Float(first) + 100))])
  }
}
