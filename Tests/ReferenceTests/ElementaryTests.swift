import Basics
import Foundation
import IR
import Reference
import Testing

/// Functions in double precision against the C library, to a few units in the last place.
@Suite struct ElementaryTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let function: UnaryFunction
    let truth: @Sendable (Double) -> Double
    let range: ClosedRange<Double>
    var testDescription: String { Op.unary(function).mnemonic }
  }

  static let everywhere = -700.0...700.0
  static let cases: [Case] = [
    Case(function: .exp, truth: { Foundation.exp($0) }, range: everywhere),
    Case(function: .log, truth: { Foundation.log($0) }, range: 1e-300...1e4),
    Case(function: .erf, truth: { Foundation.erf($0) }, range: -7...7),
    Case(function: .sin, truth: { Foundation.sin($0) }, range: -1e5...1e5),
    Case(function: .cos, truth: { Foundation.cos($0) }, range: -1e300...1e300),
    Case(function: .tan, truth: { Foundation.tan($0) }, range: -30...30),
    Case(function: .asin, truth: { Foundation.asin($0) }, range: -1...1),
    Case(function: .acos, truth: { Foundation.acos($0) }, range: -1...0.999),
    Case(function: .atan, truth: { Foundation.atan($0) }, range: -40...40),
    Case(function: .sinh, truth: { Foundation.sinh($0) }, range: -710...710),
    Case(function: .cosh, truth: { Foundation.cosh($0) }, range: -710...710),
    Case(function: .tanh, truth: { Foundation.tanh($0) }, range: -20...20),
    Case(function: .asinh, truth: { Foundation.asinh($0) }, range: -1e9...1e9),
    Case(function: .acosh, truth: { Foundation.acosh($0) }, range: 1...1e9),
    Case(function: .atanh, truth: { Foundation.atanh($0) }, range: -1...1),
    Case(function: .sqrt, truth: { Foundation.sqrt($0) }, range: 0...1e9),
    Case(function: .softplus, truth: { log1p(Foundation.exp($0)) }, range: -700...700),
    Case(function: .elu(alpha: 2), truth: { $0 < 0 ? 2 * expm1($0) : $0 }, range: -30...3),
  ]

  @Test(arguments: cases)
  func isWithinAFewUnits(_ test: Case) throws {
    let (low, high) = (test.range.lowerBound, test.range.upperBound)
    var inputs = (0...4000).map { low + (high - low) * (Double($0) / 4000) }
    // Near 0 as well, where relative errors show.
    inputs += (1...300).flatMap { [pow(0.8, Double($0)), -pow(0.8, Double($0))] }
      .filter(test.range.contains)
    let x = Tensor(inputs, shape: [inputs.count])
    let results = try result(of: .unary(test.function), x).elements(of: Double.self)
    for (input, result) in zip(inputs, results) {
      let wanted = test.truth(input)
      let bound = 12 * max(wanted.magnitude.ulp, .leastNonzeroMagnitude)
      #expect(
        result == wanted || abs(result - wanted) <= bound, "of \(input): \(result), \(wanted)")
    }
  }

  @Test func powers() throws {
    let pairs: [(Double, Double)] = [
      (2, 0.5), (1.0000001, 1e9), (0.3, 500), (7, -250.5), (1e-300, 1.02), (3, 646), (10, 22),
      (0.9999999999, 7e12), (-3, 5), (-2, -3), (.leastNonzeroMagnitude, 0.5),
    ]
    let a = Tensor(pairs.map(\.0), shape: [pairs.count])
    let b = Tensor(pairs.map(\.1), shape: [pairs.count])
    let results = try result(of: .binary(.pow), a, b).elements(of: Double.self)
    for (pair, result) in zip(pairs, results) {
      let wanted = pow(pair.0, pair.1)
      #expect(abs(result - wanted) <= 4 * wanted.magnitude.ulp, "\(pair): \(result), \(wanted)")
    }
    let special: [Double] = [0, -0.0, 1, -1, 0.5, -2, .infinity, -.infinity, .nan]
    let exponents: [Double] = [0, 1, 2, -1, -2, 0.5, -0.5, .infinity, -.infinity, .nan]
    for x in special {
      let row = try result(
        of: .binary(.pow), Tensor([x], shape: [1]), Tensor(exponents, shape: [10]))
      for (y, result) in zip(exponents, row.elements(of: Double.self)) {
        let wanted = pow(x, y)
        let isClose = result == wanted || abs(result - wanted) <= wanted.magnitude.ulp
        let isSame = isClose && result.sign == wanted.sign
        #expect(isSame || result.isNaN && wanted.isNaN, "\(x) to the power of \(y)")
      }
    }
  }

  /// Arguments at which functions end, jump or do nothing.
  @Test(
    arguments: [
      (.sign, [-3, 0, 5, .nan], [-1, 0, 1, .nan]),
      (.reciprocal, [4, 0, -.infinity], [0.25, .infinity, 0]),
      (.round, [0.5, 1.5, -2.5, 2.6], [0, 2, -2, 3]),
      (.floor, [-1.5, 1.5], [-2, 1]), (.ceil, [-1.5, 1.5], [-1, 2]),
      (.abs, [-2, -.infinity], [2, .infinity]), (.negate, [2, -1], [-2, 1]),
      (.asin, [2, 1], [.nan, 1.570_796_4]), (.acosh, [0.5, -3, 1], [.nan, .nan, 0]),
      (.atanh, [1, -1, 2], [.infinity, -.infinity, .nan]),
      (.sin, [.infinity], [.nan]), (.erf, [.infinity, -.infinity], [1, -1]),
      (.softsign, [.infinity, -1], [.nan, -0.5]), (.mish, [-.infinity, 0], [0, 0]),
      (.softplus, [1000, -1000], [1000, 0]), (.thresholdedRelu(alpha: 2), [2, 3], [0, 3]),
      (.shrink(bias: 1, lambda: 1.5), [-2, -1.5, 1, 2], [-1, 0, 0, 1]),
      (.selu(alpha: 2, gamma: 3), [1, 0], [3, 0]), (.swish(alpha: 0), [3, -2], [1.5, -1]),
      (.celu(alpha: 0.5), [2, 0], [2, 0]), (.gelu(tanh: false), [0, 100, -100], [0, 100, 0]),
      (.gelu(tanh: true), [0, 100, -100], [0, 100, 0]),
    ] as [(UnaryFunction, [Float], [Float])])
  func special(_ function: UnaryFunction, _ inputs: [Float], _ expected: [Float]) throws {
    let results = try result(of: .unary(function), f32(inputs, [inputs.count])).floats
    for (result, wanted) in zip(results, expected) {
      #expect(result == wanted || result.isNaN && wanted.isNaN)
    }
  }

  @Test func tests() throws {
    let x = f32(.nan, .infinity, -.infinity, 1)
    func truths(_ function: UnaryFunction) throws -> [Bool] {
      try result(of: .unary(function), x).elements(of: Bool8.self).map(\.value)
    }
    #expect(try truths(.isNaN) == [true, false, false, false])
    #expect(
      try truths(.isInfinite(negative: false, positive: true)) == [false, true, false, false])
    #expect(
      try truths(.isInfinite(negative: true, positive: false)) == [false, false, true, false])
    let bools = Tensor([true, false] as [Bool8], shape: [2])
    #expect(try result(of: .unary(.not), bools).elements(of: Bool8.self) == [false, true])
    let half = Tensor([Float16.nan, 1], shape: [2])
    #expect(try result(of: .unary(.isNaN), half).elements(of: Bool8.self) == [true, false])
    let bytes = Tensor([-128, -1, 5] as [Int8], shape: [3])
    #expect(try result(of: .unary(.abs), bytes).elements(of: Int8.self) == [-128, 1, 5])
    #expect(try result(of: .unary(.bitwiseNot), bytes).elements(of: Int8.self) == [127, 0, -6])
    #expect(
      try fault(of: .unary(.negate), Tensor([1] as [UInt8], shape: [1]))?.contains("u8") == true)
  }
}
