/// The results of one stack of one replica, on their way to all blocks that read some of them.
///
/// A mesh multicasts: what several blocks read leaves the source once and passes from each reader to the next,
/// so that k readers take k links where they lie beside each other, and not one path from the source each.
struct Multicast {
  /// The crossbar whose results these are.
  let source: Int
  private var readers: [Reader] = []

  /// A crossbar, and what it reads.
  private struct Reader {
    var node: Int
    var vectors: Range<Int>
    var columns: Range<Int>
  }

  init(source: Int) { self.source = source }

  /// Has `node` read these columns of these vectors.
  mutating func add(_ node: Int, vectors: Range<Int>, columns: Range<Int>) {
    if node == source || vectors.isEmpty || columns.isEmpty { return }
    readers.append(Reader(node: node, vectors: vectors, columns: columns))
  }

  /// The flows from the source and from reader to reader, in the order in which readers were added, of elements
  /// of `bytes` bytes.
  func flows(bytes: Int) -> [FlowGraph.Flow] {
    let vectors = Self.bounds(of: readers.lazy.map(\.vectors))
    let columns = Self.bounds(of: readers.lazy.map(\.columns))
    // The crossbar that has each part last: parts lie between the bounds, and all elements of a part have the same readers.
    let width = max(columns.count - 1, 0)
    var last = [Int](repeating: source, count: width * max(vectors.count - 1, 0))
    var seen = [Set<Int>](repeating: [], count: last.count)
    var flows: [FlowGraph.Flow] = []
    for reader in readers {
      for v in Self.parts(of: reader.vectors, between: vectors) {
        for c in Self.parts(of: reader.columns, between: columns)
        where seen[v * width + c].insert(reader.node).inserted {
          let elements = (vectors[v + 1] - vectors[v]) * (columns[c + 1] - columns[c])
          flows.append(
            .init(source: last[v * width + c], target: reader.node, bytes: elements * bytes))
          last[v * width + c] = reader.node
        }
      }
    }
    return flows
  }

  /// Where any of the ranges begins or ends, ascending.
  private static func bounds(of ranges: some Sequence<Range<Int>>) -> [Int] {
    Set(ranges.flatMap { [$0.lowerBound, $0.upperBound] }).sorted()
  }

  /// The numbers of the parts that `range` consists of.
  private static func parts(of range: Range<Int>, between bounds: [Int]) -> Range<Int> {
    func index(of bound: Int) -> Int {
      var (low, high) = (0, bounds.count - 1)
      while low < high {
        let middle = (low + high) / 2
        if bounds[middle] < bound { low = middle + 1 } else { high = middle }
      }
      return low
    }
    return index(of: range.lowerBound)..<index(of: range.upperBound)
  }
}
