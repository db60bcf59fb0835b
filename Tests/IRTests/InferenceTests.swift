import Basics
import IR
import TestSupport
import Testing

@Suite struct InferenceTests {
  /// Counts windows one by one, from the definition.
  private func windows(
    _ size: Int, _ extent: Int, _ stride: Int, _ begin: Int, _ end: Int, ceil: Bool
  ) -> Int {
    var count = 0
    var start = 0
    while start + extent <= begin + size + end {
      count += 1
      start += stride
    }
    // With ceil, the first window that does not fit counts if a part of what it strides over is
    // there, and the last does not count if it begins behind the input.
    if ceil && begin + size + end - (start - stride) > extent { count += 1 }
    if ceil && count > 0 && (count - 1) * stride >= begin + size { count -= 1 }
    return count
  }

  @Test func windowsAreCountedAsDefined() {
    for size in 0...7 {
      for kernel in 1...3 {
        for dilation in 1...2 {
          for stride in 1...4 {
            for begin in 0...2 {
              for end in 0...2 {
                for ceil in [false, true] {
                  let window = Window(
                    kernel: [kernel], strides: [stride], dilations: [dilation],
                    padding: .explicit(begin: [begin], end: [end]))
                  let extent = dilation * (kernel - 1) + 1
                  let expected = windows(size, extent, stride, begin, end, ceil: ceil)
                  let resolved = try? window.resolved(dimension: 0, size: size, ceil: ceil)
                  #expect((resolved?.output ?? 0) == expected)
                  if let resolved { #expect(resolved.begin == begin && resolved.end == end) }
                }
              }
            }
          }
        }
      }
    }
  }

  @Test(arguments: [
    // size, kernel, stride, dilation, output, padding
    (5, 3, 2, 1, 3, 2), (6, 3, 2, 1, 3, 1), (7, 2, 3, 2, 3, 2), (4, 1, 3, 1, 2, 0),
    (1, 4, 5, 1, 1, 3),
  ])
  func sameHasTheOddOneAtItsSide(
    _ size: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ output: Int, _ padding: Int
  ) throws {
    for (form, begin) in [
      (Window.Padding.sameUpper, padding / 2), (.sameLower, padding - padding / 2),
    ] {
      let window = Window(
        kernel: [kernel], strides: [stride], dilations: [dilation], padding: form)
      let resolved = try window.resolved(dimension: 0, size: size)
      #expect(resolved.begin == begin)
      #expect(resolved.end == padding - begin)
      #expect(resolved.output == output)
    }
  }

  @Test func slicesTakeWhatTheyWalkOver() throws {
    let bounds = [Int.min, -9, -4, -3, -2, -1, 0, 1, 2, 3, 4, 9, Int.max]
    for size in 0...4 {
      for start in bounds {
        for end in bounds {
          for step in [-9, -2, -1, 1, 2, 9, Int.max, Int.min] {
            let slice = try #require(
              ResolvedSlice(size: size, start: start, end: end, step: step))
            var walked: [Int] = []
            let first = start < 0 ? start + size : start
            let last = end < 0 ? end + size : end
            var position = step > 0 ? max(first, 0) : max(min(first, size - 1), 0)
            while position < size, step > 0 ? position < last : position > max(last, -1) {
              walked.append(position)
              let (next, overflow) = position.addingReportingOverflow(step)
              guard !overflow, next >= 0 else { break }
              position = next
            }
            #expect((0..<slice.count).map { slice.start + $0 * slice.step } == walked)
          }
        }
      }
    }
    #expect(ResolvedSlice(size: 3, start: 0, end: 3, step: 0) == nil)
  }

  @Test func elementCountsDoNotOverflow() {
    #expect(elementCount([]) == 1)
    #expect(elementCount([2, 3]) == 6)
    #expect(elementCount([2, 0, 3]) == 0)
    #expect(elementCount([-1]) == nil)
    #expect(elementCount([.max, 0]) == nil)
    #expect(elementCount([1 << 59]) == 1 << 59)
    #expect(elementCount([1 << 60]) == nil)
    #expect(elementCount([1 << 30, 1 << 30]) == nil)
    #expect(ValueType(.f32, fixed: [.max, .max]).count == nil)
  }

  @Test func nodesOutsideAGraphCanBeAskedAbout() throws {
    var graph = Graph(name: "x")
    let input = graph.addValue(name: "x", type: ValueType(.f32, [.symbol("N"), .fixed(4)]))
    let result = graph.addValue(name: "y", type: ValueType(.f32, nil))
    let node = Node(
      name: "n", op: .transpose(permutation: [1, 0]), operands: [input], results: [result])
    #expect(
      try graph.inferResults(of: node) == [ValueType(.f32, [.fixed(4), .symbol("N")])])
    graph.bind(symbol: "N", to: 3)
    #expect(try graph.inferResults(of: node) == [ValueType(.f32, fixed: [4, 3])])
  }

  /// Ids are not of this graph, operands are lacking, parameters are extreme: nothing traps.
  @Test func survivesAnything() {
    var random = SplitMix64(seed: 7)
    for _ in 0..<3000 {
      var graph = Graph.random(&random)
      if random.next() % 4 == 0 { graph.nodes[0].operands.append(ValueID(1000)) }
      if random.next() % 4 == 0 { graph.nodes[0].results.append(ValueID(1000)) }
      _ = graph.verify()
      try? graph.inferTypes()
      _ = graph.verify()
    }
  }
}
