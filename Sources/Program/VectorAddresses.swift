extension Descriptor {
  /// Where the elements of a vector lie in the memory, those of `elements` only; `nil` for those
  /// outside the extents. Vectors are counted over all outer loops.
  public func addresses(ofVector vector: Int) -> [Int?] {
    var coordinates = axes.map(\.origin)
    var rest = vector
    for loop in loops.dropLast(innerLoops).reversed() where loop.count > 0 {
      coordinates[loop.axis] += rest % loop.count * loop.step
      rest /= loop.count
    }
    var addresses: [Int?] = []
    append(loops.suffix(innerLoops), at: coordinates, to: &addresses)
    return addresses.count == elements.count ? addresses : Array(addresses[elements])
  }

  private func append(
    _ loops: ArraySlice<Loop>, at coordinates: [Int], to addresses: inout [Int?]
  ) {
    guard let loop = loops.first else {
      var address = base
      for (axis, coordinate) in zip(axes, coordinates) {
        guard coordinate >= 0 && coordinate < axis.extent else {
          addresses.append(nil)
          return
        }
        address += coordinate * axis.stride
      }
      addresses.append(address)
      return
    }
    var coordinates = coordinates
    for _ in 0..<loop.count {
      append(loops.dropFirst(), at: coordinates, to: &addresses)
      coordinates[loop.axis] += loop.step
    }
  }
}
