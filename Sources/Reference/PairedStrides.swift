/// The indices of a shape in row-major order, with where they lie in two memories a and b.
///
/// Dimensions that lie without gaps in both are merged, so that rows are as long as they can be.
struct PairedStrides {
  /// The sizes, with at least one dimension, the last of which makes a row.
  private(set) var shape: [Int] = []
  /// The distance between neighbours in a, in elements.
  private(set) var a: [Int] = []
  /// The distance between neighbours in b, in elements.
  private(set) var b: [Int] = []

  /// Creates the indices of `shape`, which must not be empty of elements.
  init(shape: [Int], a: [Int], b: [Int]) {
    for axis in shape.indices where shape[axis] != 1 {
      if let last = self.shape.indices.last, self.a[last] == a[axis] * shape[axis],
        self.b[last] == b[axis] * shape[axis]
      {
        self.shape[last] *= shape[axis]
        self.a[last] = a[axis]
        self.b[last] = b[axis]
      } else {
        self.shape.append(shape[axis])
        self.a.append(a[axis])
        self.b.append(b[axis])
      }
    }
    if self.shape.isEmpty {
      self.shape = [1]
      self.a = [1]
      self.b = [1]
    }
  }

  /// The number of elements of a row.
  var rowLength: Int { shape[shape.count - 1] }
  /// The number of rows.
  var rowCount: Int { product(shape.dropLast()) }
  /// The distance between neighbours of a row in a.
  var rowStrideA: Int { a[a.count - 1] }
  /// The distance between neighbours of a row in b.
  var rowStrideB: Int { b[b.count - 1] }

  /// Calls `body` with each row of `rows` and the offsets of its first element in a and b.
  func forEachRow(in rows: Range<Int>, _ body: (_ row: Int, _ a: Int, _ b: Int) -> Void) {
    let outer = shape.count - 1
    var index = [Int](repeating: 0, count: outer)
    var offsetA = 0
    var offsetB = 0
    var rest = rows.lowerBound
    for axis in (0..<outer).reversed() {
      index[axis] = rest % shape[axis]
      rest /= shape[axis]
      offsetA += index[axis] * a[axis]
      offsetB += index[axis] * b[axis]
    }
    for row in rows {
      body(row, offsetA, offsetB)
      var axis = outer - 1
      while axis >= 0 {
        index[axis] += 1
        offsetA += a[axis]
        offsetB += b[axis]
        if index[axis] < shape[axis] { break }
        index[axis] = 0
        offsetA -= shape[axis] * a[axis]
        offsetB -= shape[axis] * b[axis]
        axis -= 1
      }
    }
  }
}
