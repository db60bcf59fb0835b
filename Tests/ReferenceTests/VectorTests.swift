import CVectors
import TestSupport
import Testing

/// The loops for each kind of processor: all give the same bits, those of sums in order.
@Suite struct VectorTests {
  private static let processors = [vectors_of_any, vectors_of_avx2, vectors_of_avx512]

  /// The sums of rows with the lines of a panel, from 0 on, without fused multiply-adds.
  private func sums<T: BinaryFloatingPoint>(
    _ rows: [[T]], _ panel: [T], step: Int, bias: [T]?, relu: Bool
  ) -> [T] {
    rows.indices.flatMap { row in
      (0..<lanes).map { lane -> T in
        var sum: T = 0
        for (k, element) in rows[row].enumerated() {
          let product = element * panel[k * step + lane]
          sum += product
        }
        if let bias { sum += bias[row] }
        return relu && sum < 0 ? 0 : sum
      }
    }
  }

  private let lanes = Int(panel_lanes)

  /// Rows in blocks, the elements of a block that meet the same line side by side.
  private func packed<T>(_ rows: [[T]]) -> [T] {
    stride(from: 0, to: rows.count, by: Int(block_rows)).flatMap { first in
      rows[0].indices.flatMap { k in
        rows[first..<min(first + Int(block_rows), rows.count)].map { $0[k] }
      }
    }
  }

  @Test(arguments: [(1, 1), (2, 7), (3, 16), (4, 5), (5, 3), (6, 40), (7, 9), (12, 2), (17, 33)])
  func productsAreSumsInOrder(rows count: Int, depth: Int) throws {
    var random = SplitMix64(seed: UInt64(count * depth))
    for step in [lanes, lanes + 3] {
      let rows = (0..<count).map { _ in random.floats(depth) }
      let panel = random.floats(depth * step)
      let bias = step == lanes ? random.floats(count) : nil
      for relu in [false, true] {
        let single = sums(rows, panel, step: step, bias: bias, relu: relu)
        let double = sums(
          rows.map { $0.map(Double.init) }, panel.map(Double.init), step: step,
          bias: bias?.map(Double.init), relu: relu)
        for processor in Self.processors {
          if let form = panel_products_f32_for(processor)?.pointee {
            var found = [Float](repeating: .nan, count: count * lanes)
            found.withUnsafeMutableBufferPointer { found in
              (bias ?? []).withUnsafeBufferPointer { addends in
                var target = panel_products_f32_target(
                  first: found.baseAddress, step: lanes,
                  bias: bias == nil ? nil : addends.baseAddress, relu: relu)
                form.multiply(packed(rows), count, panel, step, depth, &target)
              }
            }
            #expect(found.map(\.bitPattern) == single.map(\.bitPattern))
          }
          if let form = panel_products_f64_for(processor)?.pointee {
            var found = [Double](repeating: .nan, count: count * lanes)
            found.withUnsafeMutableBufferPointer { found in
              (bias ?? []).map(Double.init).withUnsafeBufferPointer { addends in
                var target = panel_products_f64_target(
                  first: found.baseAddress, step: lanes,
                  bias: bias == nil ? nil : addends.baseAddress, relu: relu)
                form.multiply(
                  packed(rows).map(Double.init), count, panel.map(Double.init), step, depth,
                  &target)
              }
            }
            #expect(found.map(\.bitPattern) == double.map(\.bitPattern))
          }
        }
      }
    }
  }

  @Test func panelsHoldWhatLanesPointAt() {
    var random = SplitMix64(seed: 1)
    let base = random.floats(400)
    let offsets = [0, 3, 17, 90, 200]
    /// Neighbours, runs, every second, a repeated end, and anywhere.
    let patterns: [[Int]] = [
      Array(5..<21), (0..<16).map { $0 / 8 * 40 + $0 % 8 }, (0..<16).map { $0 / 4 * 9 + $0 % 4 },
      (0..<16).map { 2 * $0 + 1 }, (0..<16).map { min($0, 11) }, (0..<16).map { $0 * 7 % 100 },
    ]
    for lanes in patterns {
      for processor in Self.processors {
        guard let form = panel_products_f32_for(processor)?.pointee else { continue }
        var panel = [Float](repeating: .nan, count: offsets.count * lanes.count)
        form.gather(base, lanes, offsets, offsets.count, &panel)
        #expect(panel == offsets.flatMap { offset in lanes.map { base[$0 + offset] } })
      }
    }
  }

  @Test func neighbouringPanelsAreCopied() {
    var random = SplitMix64(seed: 3)
    let (panels, depth, step) = (3, 5, 3 * lanes + 7)
    let base = random.floats(depth * step)
    for processor in Self.processors {
      guard let form = panel_products_f32_for(processor)?.pointee else { continue }
      var copies = [Float](repeating: .nan, count: panels * depth * lanes)
      form.copy(base, step, panels, depth, &copies)
      var expected: [Float] = []
      for panel in 0..<panels {
        for k in 0..<depth {
          let start = k * step + panel * lanes
          expected += base[start..<start + lanes]
        }
      }
      #expect(copies == expected)
    }
  }

  /// The loops for vectors and for the elements that are left over give the same, of odd numbers too.
  @Test func elementsOfLoopsAreThoseOfSwift() {
    let odd: [Float] = [0, -0.0, .nan, .infinity, -.infinity, 0x1p-140, -0x1p-140, 1, -1, 3e38]
    var random = SplitMix64(seed: 4)
    let a = odd.flatMap { x in odd.map { _ in x } } + random.floats(29)
    let b = odd.flatMap { _ in odd } + random.floats(29)
    var found = [Float](repeating: 0, count: a.count)
    func expect(_ operation: (Float, Float) -> Float) {
      #expect(
        zip(found, zip(a, b)).allSatisfy { found, pair in
          let wanted = operation(pair.0, pair.1)
          return found.bitPattern == wanted.bitPattern || found.isNaN && wanted.isNaN
        })
    }
    operate_on_pairs(pairs_add, a, 1, b, 1, a.count, &found)
    expect { $0 + $1 }
    operate_on_pairs(pairs_subtract, a, 1, b, 1, a.count, &found)
    expect { $0 - $1 }
    operate_on_pairs(pairs_multiply, a, 1, b, 1, a.count, &found)
    expect { $0 * $1 }
    operate_on_pairs(pairs_divide, a, 1, b, 1, a.count, &found)
    expect { $0 / $1 }
    operate_on_pairs(pairs_subtract, a, 1, [2], 0, a.count, &found)
    expect { a, _ in a - 2 }
    operate_on_pairs(pairs_subtract, [2], 0, b, 1, a.count, &found)
    expect { _, b in 2 - b }
    operate_on_pairs(pairs_divide, [2], 0, [3], 0, a.count, &found)
    expect { _, _ in 2 / 3 }
    rectify(a, a.count, &found)
    expect { a, _ in a < 0 ? 0 : a }
    // Of two zeros, the bound wins.
    clip_elements(a, 0, 6, a.count, &found)
    expect { a, _ in
      let low = a > 0 || a.isNaN ? a : 0
      return low < 6 || low.isNaN ? low : 6
    }
    normalize_elements(a, 0.5, 3, -1, a.count, &found)
    expect { a, _ in (a - 0.5) * 3 + -1 }
  }

  @Test(arguments: [(16, 8), (16, 7), (5, 4), (4, 9), (1, 1), (15, 3)])
  func transposedPanels(lanes count: Int, depth: Int) {
    var random = SplitMix64(seed: 2)
    let step = depth + 5
    let base = random.floats(count * step)
    for processor in Self.processors {
      guard let form = panel_products_f32_for(processor)?.pointee else { continue }
      var panel = [Float](repeating: .nan, count: depth * lanes)
      form.transpose(base, count, step, depth, &panel)
      for k in 0..<depth {
        for lane in 0..<lanes {
          #expect(panel[k * lanes + lane] == (lane < count ? base[lane * step + k] : 0))
        }
      }
    }
  }
}
