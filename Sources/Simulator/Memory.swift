import Basics
import Program

/// Where a buffer of the program lies while it runs.
///
/// Elements of all lanes (inferences that run together) lie side by side: element e of lane l is at
/// (`offset` + e) · lanes + l. A shared memory is a constant, which is stored once for all lanes. Walks through a memory
/// whose vectors have a size are compiled for the elements as they are kept: `element(at:)` says which is where.
struct Memory: Sendable {
  let id: BufferID
  let element: ElementType
  let count: Int
  /// The elements before it in the arena of its kind.
  let offset: Int
  /// 2 for columns that hold a count of each polarity, else 1.
  let planes: Int
  let isShared: Bool
  /// The elements of a vector, if it is kept element by element, each of all vectors; else 1.
  var vectorSize = 1

  var isFloating: Bool { element.isFloatingPoint }
}

/// The constants of a program, stored once: floating ones as f32, the others as 64-bit integers.
final class Constants: @unchecked Sendable {
  let floats: UnsafeMutablePointer<Float>
  let integers: UnsafeMutablePointer<Int64>

  init(floatCount: Int, integerCount: Int) {
    floats = .allocate(capacity: max(floatCount, 1))
    integers = .allocate(capacity: max(integerCount, 1))
    floats.initialize(repeating: 0, count: max(floatCount, 1))
    integers.initialize(repeating: 0, count: max(integerCount, 1))
  }

  deinit {
    floats.deallocate()
    integers.deallocate()
  }

  /// Decodes the content of `memory`, which must be a constant of as many elements.
  func load(_ bytes: Bytes, into memory: Memory) {
    let tensor = Tensor(type: memory.element, shape: [memory.count], bytes: bytes)
    if memory.isFloating {
      let target = floats + memory.offset
      spread(tensor, inferences: 0..<1, elementCount: memory.count, into: target)
    } else {
      let target = integers + memory.offset
      spread(tensor, inferences: 0..<1, elementCount: memory.count, into: target)
    }
  }
}

/// How the simulator stores an element: all floating types as f32, all others as Int64.
protocol StoredElement: BitwiseCopyable, Comparable {
  /// The element of a fill value.
  static func fill(_ value: Float) -> Self
  /// The memories of the machine for this kind of element.
  static func arena(of machine: Machine) -> UnsafeMutablePointer<Self>
  /// The constants of the plan for this kind of element.
  static func constants(of plan: Plan) -> UnsafeMutablePointer<Self>
  /// One of the machine's scratch memories of `Machine.chunk` elements.
  static func scratch(_ number: Int, of machine: Machine) -> UnsafeMutablePointer<Self>
  /// Rounds or wraps elements to what `element`, and a unit of half precision, can hold.
  static func conform(
    _ elements: UnsafeMutablePointer<Self>, count: Int, to element: ElementType, isHalf: Bool)
}

extension Float: StoredElement {
  static func fill(_ value: Float) -> Float { value }
  static func arena(of machine: Machine) -> UnsafeMutablePointer<Float> { machine.floats }
  static func constants(of plan: Plan) -> UnsafeMutablePointer<Float> { plan.constants.floats }
  static func scratch(_ number: Int, of machine: Machine) -> UnsafeMutablePointer<Float> {
    machine.floatScratch + number * Machine.chunk
  }

  static func conform(
    _ elements: UnsafeMutablePointer<Float>, count: Int, to element: ElementType, isHalf: Bool
  ) {
    if isHalf || element == .f16 {
      for i in 0..<count { elements[i] = nearestHalf(elements[i]) }
    }
    guard let format = element.format else { return }
    for i in 0..<count {
      let saturates = element != .bf16 && (elements[i].isFinite || !format.hasInfinity)
      elements[i] = format.number(of: format.code(of: Double(elements[i]), saturates: saturates))
    }
  }
}

extension Int64: StoredElement {
  static func fill(_ value: Float) -> Int64 { saturated(value, to: .i64) }
  static func arena(of machine: Machine) -> UnsafeMutablePointer<Int64> { machine.integers }
  static func constants(of plan: Plan) -> UnsafeMutablePointer<Int64> { plan.constants.integers }
  static func scratch(_ number: Int, of machine: Machine) -> UnsafeMutablePointer<Int64> {
    machine.integerScratch + number * Machine.chunk
  }

  static func conform(
    _ elements: UnsafeMutablePointer<Int64>, count: Int, to element: ElementType, isHalf: Bool
  ) {
    switch element {
    case .i8: for i in 0..<count { elements[i] = Int64(Int8(truncatingIfNeeded: elements[i])) }
    case .u8: for i in 0..<count { elements[i] &= 0xFF }
    case .i16: for i in 0..<count { elements[i] = Int64(Int16(truncatingIfNeeded: elements[i])) }
    case .u16: for i in 0..<count { elements[i] &= 0xFFFF }
    case .i32: for i in 0..<count { elements[i] = Int64(Int32(truncatingIfNeeded: elements[i])) }
    case .u32: for i in 0..<count { elements[i] &= 0xFFFF_FFFF }
    case .bool: for i in 0..<count { elements[i] = elements[i] == 0 ? 0 : 1 }
    case .i4, .i2, .u4, .u2:
      for i in 0..<count {
        let byte = element.extended(UInt8(truncatingIfNeeded: elements[i]))
        elements[i] = element.isSignedInteger ? Int64(Int8(bitPattern: byte)) : Int64(byte)
      }
    default: break
    }
  }
}
