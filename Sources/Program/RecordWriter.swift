import Basics

/// Builds a table of records, little endian.
///
/// A figure that does not fit its field is kept as a fault, and written as 0.
struct RecordWriter {
  private(set) var bytes: [UInt8] = []
  /// What did not fit.
  private(set) var faults: [String] = []

  /// Appends an integer of a fixed width.
  mutating func put<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Appends the bits of a number.
  mutating func put(_ value: Float) { put(value.bitPattern) }

  /// Appends `value` in a field of type `type`; `what` names it where it does not fit.
  mutating func put<T: FixedWidthInteger & BitwiseCopyable>(
    _ value: Int, as type: T.Type, _ what: @autoclosure () -> String
  ) {
    if let fits = T(exactly: value) {
      put(fits)
    } else {
      faults.append("\(what()) is \(value), which does not fit \(T.bitWidth) bits")
      put(T(0))
    }
  }

  /// Appends zeros.
  mutating func zeros(_ count: Int) { bytes.append(contentsOf: repeatElement(0, count: count)) }

  /// Keeps something that cannot be written as a fault.
  mutating func fault(_ message: String) { faults.append(message) }
}
