import CCrossbar
import TestSupport
import Testing

/// The loops for each kind of processor: all give the same bits, those that arithmetic asks for.
struct KernelTests {
  /// Numbers of all kinds, of which sums round in all ways.
  private static func numbers(_ count: Int, _ random: inout SplitMix64) -> [Float] {
    let odd: [Float] = [
      0, -0, .infinity, -.infinity, .nan, 0x1p-133, -0x1p-133, 1e38, .leastNonzeroMagnitude, 0.5,
      1.5,
    ]
    return (0..<count).map { _ in
      let number = random.floats(1)[0]
      return switch random.next() % 16 {
      case 0: odd[Int(random.next() % UInt64(odd.count))]
      case 1: number * 0x1p-130
      case 2: (number * 4096).rounded() * 0x1p-12
      default: number
      }
    }
  }

  /// The loops that this processor has.
  private static let all: [(name: String, kernels: crossbar_kernels)] = [
    ("any", any_processor), ("avx2", avx2_processor), ("avx512", avx512_processor),
  ].compactMap { name, processor in
    crossbar_kernels_for(processor).map { (name, $0.pointee) }
  }

  /// Calls `body` with the loops of each kind, and expects the same results of all; returns these.
  @discardableResult
  private func agreed(
    _ size: Int, _ body: (crossbar_kernels, UnsafeMutablePointer<Float>) -> Int
  ) -> [Float] {
    var agreed: (count: Int, results: [Float])?
    for (name, kernels) in Self.all {
      var results = [Float](repeating: 0, count: size)
      let count = results.withUnsafeMutableBufferPointer { body(kernels, $0.baseAddress!) }
      if let agreed {
        #expect(count == agreed.count, "\(name)")
        #expect(
          zip(results, agreed.results).allSatisfy {
            $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN
          }, "\(name)")
      } else {
        agreed = (count, results)
      }
    }
    return agreed!.results
  }

  private static let step = Int(panel_step)

  /// A panel whose places behind those that are used are 0.
  private static func panel(_ rows: Int, _ places: Int, _ random: inout SplitMix64) -> [Float] {
    var panel = [Float](repeating: 0, count: rows * step)
    for row in 0..<rows {
      let line = numbers(places, &random)
      for place in 0..<places { panel[row * step + place] = line[place] }
    }
    return panel
  }

  /// Every sum is that of fused multiply-adds, row after row, wherever its vector and its column are.
  @Test(arguments: [1, 7, 16, 17, 33, 64])
  func sumsAreFusedInOrder(places: Int) {
    for (rows, columns, planes) in [(1, 1, 1), (5, 13, 1), (33, 6, 1), (20, 8, 2), (3, 1, 2)] {
      var random = SplitMix64(seed: UInt64(rows * 64 + places))
      let inputs = Self.panel(rows, places, &random)
      let values = Self.numbers(rows * columns * planes, &random)
      for plane in 0..<planes {
        let results = agreed(columns * Self.step) { kernels, results in
          values.withUnsafeBufferPointer {
            var packed = packed_conductances(
              values: $0.baseAddress, rows: rows, columns: columns, planes: planes)
            kernels.multiply_plane(&packed, plane, inputs, places, results)
          }
          return 0
        }
        let group = packed_group(planes)
        for column in 0..<columns {
          let (first, width) = (
            column / group * group, min(group, columns - column / group * group)
          )
          for place in 0..<places {
            var sum: Float = 0
            for row in 0..<rows {
              let value =
                values[(first * rows + row * width) * planes + plane * width + column - first]
              sum.addProduct(inputs[row * Self.step + place], value)
            }
            let result = results[column * Self.step + place]
            #expect(result.bitPattern == sum.bitPattern || result.isNaN && sum.isNaN)
          }
        }
      }
    }
  }

  /// A sum that f64 rounds to a tie between two f32, on the one and on the other side of it.
  @Test func sumsRoundOnce() {
    for side: Float in [-1, 1] {
      let (small, other): (Float, Float) = (0x1p-24 * (1 + 0x1p-15), 1 - 0x1p-15)
      let product: [Float] = side < 0 ? [small, other] : [0x1p-24 * (1 + 0x1p-12), 1]
      for start: Float in [1, 1 + 0x1p-23, 1 + 0x1p-22, -1 - 0x1p-23] {
        var inputs = [Float](repeating: 0, count: 2 * Self.step)
        (inputs[0], inputs[Self.step]) = (1, product[0])
        let values = [start, product[1]]
        let results = agreed(Self.step) { kernels, results in
          values.withUnsafeBufferPointer {
            var packed = packed_conductances(
              values: $0.baseAddress, rows: 2, columns: 1, planes: 1)
            kernels.multiply_plane(&packed, 0, inputs, 1, results)
          }
          return 0
        }
        #expect(results[0] == start.addingProduct(product[0], product[1]))
      }
    }
  }

  /// Counts of both planes together are those of planes alone, separated, scaled and rounded.
  @Test(arguments: [false, true], [1, 16, 40, 64])
  func countsAreThoseOfSums(floors: Bool, places: Int) {
    for (rows, columns) in [(1, 1), (9, 3), (40, 17), (256, 5)] {
      var random = SplitMix64(seed: UInt64(rows + places))
      let values = random.floats(rows * columns * 2).map { abs($0) }
      var inputs = Self.panel(rows, places, &random)
      for i in inputs.indices where !inputs[i].isFinite { inputs[i] = 1 }
      for i in inputs.indices { inputs[i] = (inputs[i] * 100).rounded().clamped(to: 127) }
      let plane = columns * Self.step
      var conversion = current_conversion(counts_per_code: 0.63, limit: 255, floors: floors)
      func packed(_ body: (UnsafePointer<packed_conductances>) -> Int) -> Int {
        values.withUnsafeBufferPointer {
          var packed = packed_conductances(
            values: $0.baseAddress, rows: rows, columns: columns, planes: 2)
          return body(&packed)
        }
      }
      let together = agreed(2 * plane) { kernels, results in
        packed { kernels.multiply($0, inputs, places, &conversion, results, plane) }
      }
      let apart = agreed(2 * plane) { kernels, results in
        _ = packed { kernels.multiply($0, inputs, places, nil, results, plane) }
        for i in 0..<plane {
          let (difference, sum) = (results[i], results[plane + i])
          results[i] = max((sum + difference) / 2, 0) * conversion.counts_per_code
          results[plane + i] = max((sum - difference) / 2, 0) * conversion.counts_per_code
        }
        return kernels.round(results, 2 * columns, places, &conversion)
      }
      #expect(together == apart)
      #expect(together.contains { $0 > 0 })
    }
  }

  /// Codes are quotients that are rounded once, then to integers, at all sizes of the step.
  @Test func codesAreRoundedQuotients() {
    var random = SplitMix64(seed: 3)
    for scale: Float in [0.01, 1, 0.3, 0x1p-128, 1e-30, 3e38, 0x1p-70, 1 - 0x1p-24, 1.0000001] {
      for places in [1, 15, 16, 50, 64] {
        var lines = Self.panel(8, places, &random)
        for i in lines.indices {
          lines[i] *= scale * (random.next() % 4 == 0 ? 100 : 3)
          if random.next() % 8 == 0 { lines[i] = (Float(random.next() % 64) + 0.5) * scale }
          if i % Self.step >= places { lines[i] = .nan }
        }
        let results = agreed(lines.count) { kernels, results in
          for i in lines.indices { results[i] = lines[i] }
          return kernels.encode(results, 8, places, scale, 127)
        }
        for (i, input) in lines.enumerated() where i % Self.step < places {
          let value = input / scale
          let expected = value.isNaN ? 0 : value.clamped(to: 127).rounded(.toNearestOrEven)
          #expect(results[i] == expected, "\(input) / \(scale)")
        }
        // The rest of the last strip is 0.
        let end = (places + 15) / 16 * 16
        for line in 0..<8 {
          #expect((places..<end).allSatisfy { results[line * Self.step + $0] == 0 })
        }
      }
    }
  }

  /// What LDPUs make of columns, with every option.
  @Test(arguments: [1, 16, 23, 64])
  func resultsAgree(places: Int) {
    let columns = 5
    let size = columns * Self.step
    var random = SplitMix64(seed: UInt64(places))
    let figures = random.floats(3 * columns).map { abs($0) + 0.01 }
    // Counts of both polarities are integers.
    let panels =
      Self.panel(2 * columns, places, &random).map { $0.isFinite ? ($0 * 1000).rounded() : $0 }
      + Self.panel(columns, places, &random)
    let offsets = (0..<columns).map { $0 * Self.step }
    for options in 0..<64 {
      func option(_ bit: Int) -> Bool { options >> bit & 1 == 1 }
      agreed(size) { kernels, results in
        withPointers(figures, panels, offsets) { figures, panels, offsets in
          var conversion = unit_conversion(
            gain: figures, offset: figures + columns, partial_gain: figures,
            partial_step: figures + 2 * columns, step: figures + 2 * columns, limit: 127,
            rest: option(3) ? 0 : 0x1p-21, has_polarities: option(0), has_partial: option(1),
            is_half: option(2) && option(3), rounds: option(3), relu_before: option(4),
            relu_after: option(5))
          func lines(_ base: UnsafeMutablePointer<Float>) -> memory_lines {
            memory_lines(base: base, offsets: offsets, scale: 1)
          }
          var (positive, negative) = (lines(panels), lines(panels + size))
          var (partial, to) = (lines(panels + 2 * size), lines(results))
          return kernels.convert(
            &conversion, 0, columns, places, &positive, &negative, &partial, &to)
        }
      }
    }
  }

  /// Rows of windows that leave their image, of several steps and lanes, come into a panel and go back.
  @Test(arguments: [1, 2, 3, 4, 16])
  func windowsAreCopied(lanes: Int) {
    let (width, height, elements) = (9, 5, 3)
    var random = SplitMix64(seed: UInt64(lanes))
    let image = random.floats(width * height * lanes)
    for (step, first) in [(1, -2), (2, -1), (-1, width)] {
      let count = min(64 / lanes, step == 2 ? 6 : 12)
      // Element e of a window lies e to the right and e - 1 below.
      let offsets = (0..<elements).map { $0 + ($0 - 1) * width }
      let places = (0..<elements).flatMap { element -> [Int32] in
        [Int32(element), Int32(element - 1), 0, 0, 0, 0, 0, 0]
      }
      for line in 0..<height {
        let size = elements * Self.step
        func copied(back: Bool) -> [Float] {
          agreed(back ? image.count : size) { kernels, results in
            offsets.withUnsafeBufferPointer { offsets in
              places.withUnsafeBufferPointer { places in
                var table = walk_table(
                  offsets: offsets.baseAddress, places: places.baseAddress,
                  extents: (UInt32(width), UInt32(height), 1, 1, 1, 1, 1, 1), step: step,
                  place_step: Int32(step), rows_leave: true, fill: 7)
                var row = walk_row(
                  place: (Int32(first), Int32(line), 0, 0, 0, 0, 0, 0),
                  offset: line * width + first, count: count)
                if back {
                  let lines = (0..<size).map(Float.init)
                  kernels.scatter(&table, &row, 1, 0, elements, lanes, lines, results)
                } else {
                  kernels.gather(&table, &row, 1, 0, elements, lanes, image, results)
                }
              }
            }
            return 0
          }
        }
        let (lines, memory) = (copied(back: false), copied(back: true))
        var written = [Float](repeating: 0, count: image.count)
        for element in 0..<elements {
          for position in 0..<count {
            let (x, y) = (first + position * step + element, line + element - 1)
            let isInside = 0..<width ~= x && 0..<height ~= y
            for lane in 0..<lanes {
              let place = element * Self.step + position * lanes + lane
              let address = (y * width + x) * lanes + lane
              #expect(lines[place] == (isInside ? image[address] : 7))
              if isInside { written[address] = Float(place) }
            }
          }
        }
        #expect(memory == written)
      }
    }
  }

  @Test func numbersAreTransposed() {
    for (rows, columns) in [
      (1, 7), (7, 1), (4, 4), (8, 8), (64, 100), (100, 64), (70, 37), (3, 18), (5, 0),
    ] {
      let numbers = (0..<rows * columns).map(Float.init)
      var turned = [Float](repeating: -1, count: numbers.count + 16)
      transpose_numbers(numbers, rows, columns, &turned)
      for (place, number) in numbers.enumerated() {
        #expect(turned[place % columns * rows + place / columns] == number)
      }
      #expect(turned[numbers.count...].allSatisfy { $0 == -1 })
    }
  }

  private func withPointers(
    _ figures: [Float], _ panels: [Float], _ offsets: [Int],
    _ body: (
      UnsafePointer<Float>, UnsafeMutablePointer<Float>, UnsafePointer<Int>
    ) -> Int
  ) -> Int {
    figures.withUnsafeBufferPointer { figures in
      panels.withUnsafeBufferPointer { panels in
        offsets.withUnsafeBufferPointer {
          body(
            figures.baseAddress!, UnsafeMutablePointer(mutating: panels.baseAddress!),
            $0.baseAddress!)
        }
      }
    }
  }
}

extension Float {
  fileprivate func clamped(to limit: Float) -> Float { Swift.min(Swift.max(self, -limit), limit) }
}
