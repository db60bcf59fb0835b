import Basics

extension Program {
  /// The number of inferences of which the program has samples of its inputs.
  public var sampleCount: Int { inputs.first.map(sampleCount) ?? 0 }

  /// The inputs of those inferences, one tensor for each input with the inferences along a dimension in
  /// front; `nil` if there are none.
  public var samples: [Tensor]? {
    guard sampleCount > 0 else { return nil }
    return inputs.compactMap { port in
      port.samples.flatMap { buffers[$0.index].constant }.map {
        Tensor(type: port.element, shape: [sampleCount] + port.shape, bytes: $0)
      }
    }
  }

  /// The number of samples of an input.
  func sampleCount(of port: Port) -> Int {
    guard let samples = port.samples, buffers.indices.contains(samples.index) else { return 0 }
    return buffers[samples.index].count / max(product(port.shape) ?? .max, 1)
  }

  /// Whether a buffer is a constant of whole inputs.
  func holdsSamples(_ samples: BufferID, of port: Port) -> Bool {
    guard buffers.indices.contains(samples.index), let count = product(port.shape), count > 0 else {
      return false
    }
    let buffer = buffers[samples.index]
    return buffer.space == .host && buffer.constant != nil && buffer.element == port.element
      && buffer.count > 0 && buffer.count.isMultiple(of: count)
  }
}

extension Bytes {
  /// No bytes.
  public static let none = Bytes(copying: [UInt8]())
}

extension Probe {
  /// Where a vector comes up.
  public struct Place: Hashable, Sendable {
    /// The number of the sample.
    public var sample: Int
    /// The number of the vector among those that the layer multiplies.
    public var vector: Int
  }

  /// The places of the vectors; empty if unknown.
  public var samplePlaces: [Place] {
    places.withUnsafeBytes { bytes in
      (0..<bytes.count / 8).map { index in
        func number(_ offset: Int) -> Int {
          Int(
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        }
        return Place(sample: number(8 * index), vector: number(8 * index + 4))
      }
    }
  }

  /// Whether there are as many places as vectors, or none.
  func hasPlacesOfVectors(_ program: Program) -> Bool {
    if places.count == 0 { return true }
    guard program.blocks.indices.contains(block.index) else { return false }
    let size = 2 * program.blocks[block.index].rows.count
    return size > 0 && places.count == codes.count / size * 8
  }
}
