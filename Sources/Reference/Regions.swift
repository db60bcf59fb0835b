import Basics
import IR

/// Samples of each region of an image, taken as one.
func regionAlign(_ parameters: RegionAlign, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let regions = try cast(operands.required(1, "regions"), to: x.type)
  let batches = try operands.requiredIntegers(2, "batches")
  guard x.shape.count == 4, regions.shape == [batches.count, 4],
    batches.allSatisfy({ x.shape[0] > $0 && $0 >= 0 }), parameters.rows > 0,
    parameters.columns > 0, parameters.samples >= 0
  else {
    throw Fault(
      "regions of shape \(text(regions.shape)) and batches \(batches) do not fit x of shape"
        + " \(text(x.shape))")
  }
  switch x.type {
  case .f32: return try regionAlign(Float.self, parameters, x, regions, batches)
  case .f64: return try regionAlign(Double.self, parameters, x, regions, batches)
  default: throw Fault.unsupported(x.type, supported: ElementType.floating)
  }
}

private func regionAlign<T: Real>(
  _: T.Type, _ parameters: RegionAlign, _ x: Tensor, _ regions: Tensor, _ batches: [Int]
) throws -> Tensor {
  let (channels, height, width) = (x.shape[1], x.shape[2], x.shape[3])
  let (rows, columns) = (parameters.rows, parameters.columns)
  guard height > 0, width > 0 else { throw Fault("x of shape \(text(x.shape)) has no elements") }
  let boxes = regions.elements(of: T.self)
  let plan = try batches.indices.map { region -> (x: SampleAxis<T>, y: SampleAxis<T>) in
    (
      try SampleAxis(boxes[4 * region], boxes[4 * region + 2], columns, width, parameters),
      try SampleAxis(boxes[4 * region + 1], boxes[4 * region + 3], rows, height, parameters)
    )
  }
  return try Tensor(filling: [batches.count, channels, rows, columns], of: T.self) { result in
    x.withElements(of: T.self) { x in
      for (region, batch) in batches.enumerated() {
        let (across, down) = plan[region]
        for channel in 0..<channels {
          let image = (batch * channels + channel) * height * width
          for row in 0..<rows {
            for column in 0..<columns {
              var sum = 0.0
              var largest: T?
              for i in 0..<down.samples {
                for j in 0..<across.samples {
                  let a = down.taps(row, i)
                  let b = across.taps(column, j)
                  let isInside = a.isInside && b.isInside
                  var products: [T] = []
                  for (line, weight) in [(a.lower, 1 - a.fraction), (a.upper, a.fraction)] {
                    for (place, share) in [(b.lower, 1 - b.fraction), (b.upper, b.fraction)] {
                      products.append(
                        isInside ? weight * share * x[image + line * width + place] : 0)
                    }
                  }
                  sum += products.reduce(0) { $0 + $1.wide }
                  let top = products.dropFirst().reduce(products[0]) { T.larger($0, $1) }
                  largest = largest.map { T.larger($0, top) } ?? top
                }
              }
              let count = max(down.samples * across.samples, 1)
              let place = ((region * channels + channel) * rows + row) * columns + column
              result[place] =
                parameters.takesMaximum ? largest ?? 0 : T(rounding: sum / Double(count))
            }
          }
        }
      }
    }
  }
}

/// The samples of a region along one axis.
private struct SampleAxis<T: Real> {
  let start: T
  let bin: T
  let samples: Int
  let size: Int

  init(
    _ first: T, _ last: T, _ bins: Int, _ size: Int, _ parameters: RegionAlign
  ) throws {
    let offset: T = parameters.halfPixel ? 0.5 : 0
    start = first * T(parameters.scale) - offset
    var extent = last * T(parameters.scale) - offset - start
    if !parameters.halfPixel { extent = max(extent, 1) }
    bin = extent / T(bins)
    let count = parameters.samples > 0 ? T(parameters.samples) : bin.rounded(.up)
    guard start.isFinite, count.magnitude <= 65536 else {
      throw Fault("a region from \(first) to \(last) is out of range")
    }
    samples = max(Int(count), 0)
    self.size = size
  }

  /// The elements between which sample `index` of a bin lies, and the weight of the second.
  func taps(_ bin: Int, _ index: Int) -> (isInside: Bool, lower: Int, upper: Int, fraction: T) {
    let x = start + T(bin) * self.bin + (T(index) + 0.5) * self.bin / T(samples)
    guard x >= -1, x <= T(size) else { return (false, 0, 0, 0) }
    let place = max(x, 0)
    let lower = Int(place)
    if lower >= size - 1 { return (true, size - 1, size - 1, 0) }
    return (true, lower, lower + 1, place - T(lower))
  }
}

/// The maximum of each part of each region of an image.
func regionMaximum(rows: Int, columns: Int, scale: Float, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let regions = try cast(operands.required(1, "regions"), to: x.type)
  guard x.shape.count == 4, regions.shape.count == 2, regions.shape[1] == 5, rows > 0,
    columns > 0
  else {
    throw Fault("regions of shape \(text(regions.shape)) do not fit x of \(text(x.shape))")
  }
  switch x.type {
  case .f32: return try regionMaximum(Float.self, rows, columns, scale, x, regions)
  case .f64: return try regionMaximum(Double.self, rows, columns, scale, x, regions)
  default: throw Fault.unsupported(x.type, supported: ElementType.floating)
  }
}

private func regionMaximum<T: Real>(
  _: T.Type, _ rows: Int, _ columns: Int, _ scale: Float, _ x: Tensor, _ regions: Tensor
) throws -> Tensor {
  let (channels, height, width) = (x.shape[1], x.shape[2], x.shape[3])
  let numbers = regions.elements(of: T.self)
  let count = regions.shape[0]
  guard numbers.allSatisfy({ $0.magnitude * T(scale.magnitude) <= T(1 << 22) }) else {
    throw Fault("the regions are out of range")
  }
  /// The elements that part `index` of `parts` covers of those from `first` to `last`.
  func range(_ index: Int, _ parts: Int, _ first: T, _ last: T, _ size: Int) -> Range<Int> {
    let start = (first * T(scale)).rounded()
    let extent = max((last * T(scale)).rounded() - start + 1, 1)
    let bin = extent / T(parts)
    let low = Int(start + (T(index) * bin).rounded(.down))
    let high = Int(start + (T(index + 1) * bin).rounded(.up))
    let bounded = min(max(low, 0), size)
    return bounded..<max(bounded, min(max(high, 0), size))
  }
  return try Tensor(filling: [count, channels, rows, columns], of: T.self) { result in
    try x.withElements(of: T.self) { x in
      for region in 0..<count {
        let box = Array(numbers[(5 * region)..<(5 * region + 5)])
        let batch = Int(box[0])
        guard batch >= 0, (batch + 1) * channels * height * width <= x.count else {
          throw Fault("region \(region) is of batch \(batch), which is out of range")
        }
        for row in 0..<rows {
          let lines = range(row, rows, box[2], box[4], height)
          for column in 0..<columns {
            let places = range(column, columns, box[1], box[3], width)
            for channel in 0..<channels {
              var largest: T = lines.isEmpty || places.isEmpty ? 0 : T.lowest
              for line in lines {
                let start = ((batch * channels + channel) * height + line) * width
                for place in places { largest = T.larger(largest, x[start + place]) }
              }
              result[((region * channels + channel) * rows + row) * columns + column] = largest
            }
          }
        }
      }
    }
  }
}

/// The boxes that overlap no better one of their class, best first, as batch, class and box; if `isPadded`, with as
/// many rows as there may be. NaN counts as larger than all numbers.
func suppression(centered: Bool, isPadded: Bool, _ operands: Operands) throws -> Tensor {
  let boxes = try operands.required(0, "boxes")
  let scores = try operands.required(1, "scores")
  guard boxes.shape.count == 3, scores.shape.count == 3, boxes.shape[2] == 4,
    boxes.shape[0] == scores.shape[0], boxes.shape[1] == scores.shape[2]
  else {
    throw Fault("boxes of shape \(text(boxes.shape)) do not fit scores of \(text(scores.shape))")
  }
  func number(_ index: Int, _ role: String) throws -> Float? {
    try operands.optional(index, role, of: .f32)?.elements(of: Float.self).first
  }
  let limit = try operands.integers(2, "count")?.first ?? 0
  let overlap = try number(3, "overlap") ?? 0
  let least = try number(4, "score")
  let count = boxes.shape[1]
  let corners = boxes.elements(of: Float.self)
  let values = scores.elements(of: Float.self)
  var kept: [Int64] = []
  for batch in 0..<boxes.shape[0] {
    let areas = (0..<count).map { box in
      Box(Array(corners[((batch * count + box) * 4)..<((batch * count + box) * 4 + 4)]), centered)
    }
    for category in 0..<scores.shape[1] {
      let start = (batch * scores.shape[1] + category) * count
      var candidates = (0..<count).filter { box in least.map { values[start + box] > $0 } ?? true }
      candidates.sort {
        let (a, b) = (values[start + $0], values[start + $1])
        let isLarger = b < a || a.isNaN && !b.isNaN
        return isLarger || (!(a < b || b.isNaN && !a.isNaN) && $0 < $1)
      }
      var chosen: [Int] = []
      for box in candidates where chosen.count < limit {
        guard !chosen.contains(where: { areas[$0].overlap(with: areas[box]) > overlap }) else {
          continue
        }
        chosen.append(box)
        kept += [Int64(batch), Int64(category), Int64(box)]
      }
    }
  }
  let found = Tensor(kept, shape: [kept.count / 3, 3])
  let most = min(max(limit, 0), count)
  return isPadded ? found.padded(to: [boxes.shape[0] * scores.shape[1] * most, 3]) : found
}

/// A rectangle.
private struct Box {
  var x: (Float, Float)
  var y: (Float, Float)

  init(_ numbers: [Float], _ centered: Bool) {
    if centered {
      x = (numbers[0] - numbers[2] / 2, numbers[0] + numbers[2] / 2)
      y = (numbers[1] - numbers[3] / 2, numbers[1] + numbers[3] / 2)
    } else {
      y = (.smaller(numbers[0], numbers[2]), .larger(numbers[0], numbers[2]))
      x = (.smaller(numbers[1], numbers[3]), .larger(numbers[1], numbers[3]))
    }
  }

  var area: Float { (x.1 - x.0) * (y.1 - y.0) }

  /// The area of what two have in common, as a part of what they cover together.
  func overlap(with other: Box) -> Float {
    let width = Float.smaller(x.1, other.x.1) - .larger(x.0, other.x.0)
    let height = Float.smaller(y.1, other.y.1) - .larger(y.0, other.y.0)
    guard width > 0, height > 0, area > 0, other.area > 0 else { return -.infinity }
    return width * height / (area + other.area - width * height)
  }
}
