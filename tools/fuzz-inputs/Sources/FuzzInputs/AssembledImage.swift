import Basics
import TestSupport

extension ProgramImage {
  private static let checksums = ".aimc.checksums"

  /// The contents of the sections between the checksums and the names of the sections.
  var contents: [[UInt8]] {
    headers.dropFirst().dropLast().map { Array(bytes[range(of: $0.name)]) }
  }

  /// A file with the same sections of other contents, laid out by their sizes, and with their checksums.
  func replacing(_ contents: [[UInt8]]) -> ProgramImage {
    let names = headers.last!.name
    let contents =
      [Array(bytes[range(of: Self.checksums)])] + contents + [Array(bytes[range(of: names)])]
    precondition(contents.count == headers.count)
    func padded(_ bytes: [UInt8]) -> [UInt8] {
      bytes + Array(repeating: 0, count: (64 - bytes.count % 64) % 64)
    }
    var image = self
    image.bytes = Array(bytes[..<64])
    var places: [(start: Int, size: Int)] = []
    for content in contents {
      places.append((image.bytes.count, content.count))
      image.bytes += padded(content)
    }
    let table = image.bytes.count
    image.put(UInt64(table), at: 40)
    image.bytes += bytes[parts.last!.range]
    for (number, place) in places.enumerated() {
      let header = table + 64 * (number + 1)
      image.put(UInt64(place.start), at: header + 24)
      image.put(UInt64(place.size), at: header + 32)
      if headers[number].name == ".symtab" {
        image.put(UInt32(place.size / headers[number].recordSize), at: header + 44)
      }
    }
    image.put(UInt64(image.bytes.count), at: 72)
    image = ProgramImage(image.bytes)
    image.seal()
    return image
  }
}
