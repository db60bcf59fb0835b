import Compiler
import Basics

/// What the beginning of an NPY file says of the array behind it.
///
/// The format is NumPy's, versions 1 to 3 (NEP 1, `numpy.lib.format`): a magic string, a version, the
/// length of a Python dictionary literal, and that literal.
struct NPYHeader: Equatable {
  /// Why an array cannot be read.
  struct Fault: Error, Equatable {
    var message: String
    var supported: String?
    var help: String?

    init(_ message: String, supported: String? = nil, help: String? = nil) {
      self.message = message
      self.supported = supported
      self.help = help
    }
  }

  /// The type of the elements.
  var element: ElementType
  /// Whether the first dimension is the one that varies fastest.
  var fortranOrder: Bool
  /// The size of each dimension.
  var shape: [Int]
  /// The offset of the first element from the beginning of the file.
  var dataOffset: Int

  static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

  /// The number of bytes of all elements.
  ///
  /// It cannot overflow: `init(parsing:)` refuses such shapes.
  var dataCount: Int { shape.reduce(element.byteCount, *) }

  /// Throws unless a file of `size` bytes holds just the header and the elements.
  func requireCount(_ size: Int) throws(Fault) {
    guard size - dataOffset == dataCount else {
      throw Fault(
        "holds \(size - dataOffset) bytes of elements where its shape "
          + "\(describe(element, shape)) takes \(dataCount)")
    }
  }

  /// More bytes than the headers of arrays take that are read here.
  static let longest = 1 << 17

  /// Reads the header at the start of `bytes`, which need not hold the array itself.
  init(parsing bytes: UnsafeRawBufferPointer) throws(Fault) {
    guard bytes.count >= 10, bytes.prefix(6).elementsEqual(Self.magic) else {
      throw Fault("is not an NPY array: it does not begin with \\x93NUMPY")
    }
    let lengthSize: Int
    switch (bytes[6], bytes[7]) {
    case (1, 0): lengthSize = 2
    case (2, 0), (3, 0): lengthSize = 4
    case (let major, let minor):
      throw Fault(
        "is an NPY array of version \(major).\(minor)", supported: "versions 1.0, 2.0 and 3.0")
    }
    guard bytes.count >= 8 + lengthSize else { throw Fault("ends inside its header") }
    var length = 0
    for index in (0..<lengthSize).reversed() { length = length << 8 | Int(bytes[8 + index]) }
    dataOffset = 8 + lengthSize + length
    guard dataOffset <= bytes.count else {
      throw Fault("ends inside its header, which is \(length) bytes long")
    }
    var literal = PythonLiteral(bytes: Array(bytes[8 + lengthSize..<dataOffset]))
    (element, fortranOrder, shape) = try literal.header()
    var count = element.byteCount
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow else { throw Fault("says that its shape is \(shape), which is too large") }
      count = product
    }
  }
}

/// A reader of the part of Python's syntax that headers are written in.
private struct PythonLiteral {
  typealias Fault = NPYHeader.Fault

  let bytes: [UInt8]
  var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// Reads `{'descr': …, 'fortran_order': …, 'shape': …}`, the keys in any order.
  mutating func header() throws(Fault) -> (ElementType, Bool, [Int]) {
    var element: ElementType?
    var fortranOrder: Bool?
    var shape: [Int]?
    try expect("{")
    while !accept("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where element == nil: element = try descriptor()
      case "fortran_order" where fortranOrder == nil: fortranOrder = try boolean()
      case "shape" where shape == nil: shape = try tuple()
      case "descr", "fortran_order", "shape": throw Fault("has '\(key)' twice in its header")
      default: throw Fault("has '\(key)' in its header, which no version of NPY has")
      }
      if !accept(",") {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard position == bytes.count else { throw Fault("has more than one value in its header") }
    guard let element, let fortranOrder, let shape else {
      throw Fault("lacks 'descr', 'fortran_order' or 'shape' in its header")
    }
    return (element, fortranOrder, shape)
  }

  private mutating func descriptor() throws(Fault) -> ElementType {
    skipSpace()
    let supported = "bool, and little-endian int8 to int64, uint8 to uint64, float16 to float64"
    guard position < bytes.count, bytes[position] == UInt8(ascii: "'") || bytes[position] == 0x22
    else { throw Fault("is a structured array", supported: supported) }
    let text = try string()
    let kinds: [String: ElementType] = [
      "b1": .bool, "i1": .i8, "i2": .i16, "i4": .i32, "i8": .i64, "u1": .u8, "u2": .u16, "u4": .u32,
      "u8": .u64, "f2": .f16, "f4": .f32, "f8": .f64,
    ]
    guard let element = kinds[String(text.dropFirst())] else {
      throw Fault("has elements of NumPy type '\(text)'", supported: supported)
    }
    switch text.first {
    case "<": return element
    case "|" where element.byteCount == 1: return element
    case ">" where element.byteCount == 1: return element
    case ">":
      throw Fault(
        "has big-endian elements, '\(text)'", supported: supported,
        help: "save it again as array.astype('<\(text.dropFirst())')")
    default: throw Fault("has elements of NumPy type '\(text)'", supported: supported)
    }
  }

  private mutating func tuple() throws(Fault) -> [Int] {
    var sizes: [Int] = []
    try expect("(")
    while !accept(")") {
      sizes.append(try integer())
      if !accept(",") {
        try expect(")")
        guard sizes.count > 1 else { throw Fault("has a shape that is not a tuple") }
        break
      }
    }
    return sizes
  }

  private mutating func integer() throws(Fault) -> Int {
    skipSpace()
    let start = position
    var value = 0
    while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position])
    {
      let digit = Int(bytes[position] - UInt8(ascii: "0"))
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(digit)
      guard !overflow && !carry else { throw Fault("has a dimension that is too large") }
      value = sum
      position += 1
    }
    guard position > start else { throw Fault("has a dimension that is not a whole number") }
    return value
  }

  private mutating func boolean() throws(Fault) -> Bool {
    if accept("True") { return true }
    if accept("False") { return false }
    throw Fault("has a 'fortran_order' that is neither True nor False")
  }

  private mutating func string() throws(Fault) -> String {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: "'") || bytes[position] == 0x22
    else {
      throw Fault("has a header that is not a dictionary of 'descr', 'fortran_order', 'shape'")
    }
    let quote = bytes[position]
    guard let end = bytes[(position + 1)...].firstIndex(of: quote) else {
      throw Fault("has a string in its header that does not end")
    }
    defer { position = end + 1 }
    return String(decoding: bytes[position + 1..<end], as: UTF8.self)
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
      position += 1
    }
  }

  private mutating func accept(_ text: StaticString) -> Bool {
    skipSpace()
    let token = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard bytes[position...].starts(with: token) else { return false }
    position += token.count
    return true
  }

  private mutating func expect(_ text: StaticString) throws(Fault) {
    guard accept(text) else { throw Fault("has a header in which '\(text)' is missing") }
  }
}
