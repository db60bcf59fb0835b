import Basics
import Glibc
import IR
import Reference
import Testing

@Suite struct SoftmaxTests {
  @Test func axes() throws {
    let x = f32([0, 0, 0, 1000, -1000, 0], [2, 3])
    let third: Float = 1 / 3
    #expect(
      try result(of: .softmax(Softmax(axis: -1)), x).floats == [third, third, third, 1, 0, 0])
    #expect(
      try result(of: .softmax(Softmax(axis: 0)), x).floats == [0, 1, 0.5, 1, 0, 0.5])
    #expect(
      try result(of: .softmax(Softmax(axis: 0, flattens: true)), x).floats == [0, 0, 0, 1, 0, 0])
    let logarithm = try result(of: .softmax(Softmax(.logSoftmax, axis: 1)), x)
    let expected: Float = -1.0986123
    #expect(
      logarithm.floats == [expected, expected, expected, 0, -2000, -1000])
    #expect(try result(of: .softmax(Softmax(axis: 0)), f32([], [0, 2])).shape == [0, 2])
    #expect(try result(of: .softmax(Softmax(axis: -1)), f32(.nan, 1)).floats.allSatisfy(\.isNaN))
    #expect(try fault(of: .softmax(Softmax(axis: 2)), x)?.contains("axis 2") == true)
  }

  /// Through f32, results are those of the C library rounded, but for the last bit of a double.
  @Test func elementaryFunctions() throws {
    var inputs: [Double] = [0, -0.0, 1e-300, 700, -700, -740, 0.35, -0.35, .infinity, -.infinity]
    inputs += (0..<20000).map { Double($0 - 10000) * 0.0042 }
    let x = Tensor(inputs, shape: [inputs.count])
    let sigmoid = try result(of: .unary(.sigmoid), x).elements(of: Double.self)
    let tanh = try result(of: .unary(.tanh), x).elements(of: Double.self)
    for (index, value) in inputs.enumerated() {
      let expected = value < 0 ? exp(value) / (1 + exp(value)) : 1 / (1 + exp(-value))
      #expect(abs(sigmoid[index] - expected) <= 1e-15 * expected, "sigmoid(\(value))")
      #expect(abs(tanh[index] - Glibc.tanh(value)) <= 1e-15 * abs(Glibc.tanh(value)))
      #expect(tanh[index].sign == value.sign)
    }
    // The softmax of (v, 0) and its logarithm reach exp and log on their own.
    for value in inputs where value.isFinite && value <= 0 {
      let pair = Tensor([value, 0], shape: [2])
      let softmax = try result(of: .softmax(Softmax(axis: 0)), pair).elements(of: Double.self)
      let expected = exp(value) / (1 + exp(value))
      #expect(abs(softmax[0] - expected) <= 1e-15 * expected, "exp(\(value))")
      let log = try result(of: .softmax(Softmax(.logSoftmax, axis: 0)), pair)
        .elements(of: Double.self)
      #expect(abs(log[1] + Glibc.log(1 + exp(value))) <= 3e-16, "log(1 + exp(\(value)))")
    }
  }
}
