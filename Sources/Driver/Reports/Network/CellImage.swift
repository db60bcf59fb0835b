import Foundation
import Program

/// The conductances of a block as bytes, row by row: 127 times the value, −1 to 1, in two's complement.
struct CellImage: Encodable {
  var width: Int
  var height: Int
  /// The bytes in base64.
  var bytes: String
}

/// The images of all blocks of a program, made coarser until they have a bounded number of elements.
struct CellImages {
  /// The cells of a side of a square that one element stands for.
  private(set) var step = 1
  private(set) var images: [CellImage] = []
  /// How many weights of each block are not 0.
  private(set) var weights: [Int] = []

  /// The elements of one chip of 64 cores of 256×256; in base64 a third more bytes.
  private static let limit = 1 << 22

  init(_ program: Program) {
    func size(_ count: Int) -> Int { (count + step - 1) / step }
    func elements() -> Int {
      program.blocks.reduce(0) {
        $0.saturatingSum(size($1.rows.count).saturatingProduct(size($1.columns.count)))
      }
    }
    while elements() > Self.limit && step < 1 << 20 { step *= 2 }
    for block in program.blocks {
      let (rows, columns) = (block.rows.count, block.columns.count)
      let (width, height) = (size(columns), size(rows))
      var bytes = [UInt8](repeating: 0, count: width * height)
      var weights = 0
      block.conductances.withUnsafeBytes { raw in
        let cells = raw.bindMemory(to: Float.self)
        for row in 0..<rows {
          for column in 0..<columns {
            let value = cells[row * columns + column]
            guard value != 0 else { continue }
            weights += 1
            let code = Int8(max(-127, min(127, (value * 127).rounded())))
            let place = row / step * width + column / step
            if code.magnitude > Int8(bitPattern: bytes[place]).magnitude {
              bytes[place] = UInt8(bitPattern: code)
            }
          }
        }
      }
      images.append(
        CellImage(width: width, height: height, bytes: Data(bytes).base64EncodedString()))
      self.weights.append(weights)
    }
  }
}
