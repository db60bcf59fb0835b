import Basics
import IR

/// The maximum, average or norm of each window of each channel and, if it is asked for, the
/// positions of maxima in x.
func pool(_ parameters: Pool, _ operands: Operands) throws -> [Tensor] {
  let x = try operands.required(0, "x")
  guard x.shape.count >= 3 else { throw Fault("x of shape \(text(x.shape)) is no image") }
  let windows = try Windows(parameters.window, over: x.shape[2...], ceil: parameters.ceil)
  let values = try pool(parameters, windows, x)
  guard let order = parameters.positions else { return [values] }
  switch x.type {
  case .f32: return [values, try positions(Float.self, order, windows, x, values)]
  case .f64: return [values, try positions(Double.self, order, windows, x, values)]
  case .i8: return [values, try positions(Int8.self, order, windows, x, values)]
  default: return [values, try positions(UInt8.self, order, windows, x, values)]
  }
}

private func pool(_ parameters: Pool, _ windows: Windows, _ x: Tensor) throws -> Tensor {
  switch (parameters.kind, x.type) {
  case (.max, .f32): try maxPool(Float.self, windows, x)
  case (.max, .f64): try maxPool(Double.self, windows, x)
  case (.max, .i8): try maxPool(Int8.self, windows, x)
  case (.max, .u8): try maxPool(UInt8.self, windows, x)
  case (.average, .f32): try averagePool(Float.self, parameters, windows, x)
  case (.average, .f64): try averagePool(Double.self, parameters, windows, x)
  case (.norm(let power), .f32): try normPool(Float.self, power, windows, x)
  case (.norm(let power), .f64): try normPool(Double.self, power, windows, x)
  case (.max, _): throw Fault.unsupported(x.type, supported: ElementType.floating + [.i8, .u8])
  case (.average, _), (.norm, _): throw Fault.unsupported(x.type, supported: ElementType.floating)
  }
}

/// The maximum, average or norm of each channel.
func globalPool(_ kind: PoolKind, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  guard x.shape.count >= 2 else { throw Fault("x of shape \(text(x.shape)) has no channels") }
  switch (kind, x.type) {
  case (.max, .f32): return try globalPool(Float.self, .max, x)
  case (.max, .f64): return try globalPool(Double.self, .max, x)
  case (.average, .f32): return try globalPool(Float.self, .average, x)
  case (.average, .f64): return try globalPool(Double.self, .average, x)
  case (.norm, .f32): return try globalPool(Float.self, kind, x)
  case (.norm, .f64): return try globalPool(Double.self, kind, x)
  default: throw Fault.unsupported(x.type, supported: ElementType.floating)
  }
}

/// The maximum of each window; padding holds what nothing is less than.
private func maxPool<T: Arithmetic>(
  _: T.Type, _ windows: Windows, _ x: Tensor
) throws -> Tensor {
  try poolPlanes(T.self, windows, x, initial: T.lowest) {
    T.larger($0, $1)
  } finish: { _, _ in
  }
}

private func averagePool<T: Real>(
  _: T.Type, _ parameters: Pool, _ windows: Windows, _ x: Tensor
) throws -> Tensor {
  func count(_ axis: Int, _ window: Int) -> Int {
    windows.axes[axis].taps(of: window, includesPadding: parameters.includesPadding).count
  }
  let height = windows.axes[1].output
  return try poolPlanes(T.self, windows, x, initial: 0) {
    T.sum($0, $1)
  } finish: { row, sums in
    let lines = count(0, row / height) * count(1, row % height)
    for column in sums.indices {
      let count = lines * count(2, column)
      // A window that holds nothing but padding has no average.
      if count > 0 { sums[column] /= T(count) }
    }
  }
}

private func normPool<T: Real>(
  _: T.Type, _ power: Int, _ windows: Windows, _ x: Tensor
) throws -> Tensor {
  guard power >= 1 else { throw Fault("the power is \(power)") }
  return try poolPlanes(T.self, windows, x, initial: 0) {
    $0 + raised($1.magnitude, power)
  } finish: { _, sums in
    for column in sums.indices { sums[column] = root(sums[column], power) }
  }
}

/// x to the power of `power`, which is at least 1.
private func raised<T: Real>(_ x: T, _ power: Int) -> T {
  switch power {
  case 1: x
  case 2: x * x
  default: T(rounding: Elementary.exp(Elementary.log(x.wide) * Double(power)))
  }
}

/// The root of `x`, which is not negative.
private func root<T: Real>(_ x: T, _ power: Int) -> T {
  switch power {
  case 1: x
  case 2: x.squareRoot()
  default: T(rounding: Elementary.exp(Elementary.log(x.wide) / Double(power)))
  }
}

/// Where the first element of each window is that equals its maximum; of a window without any, the
/// beginning of its image.
private func positions<T: Arithmetic>(
  _: T.Type, _ order: ElementOrder, _ windows: Windows, _ x: Tensor, _ values: Tensor
) throws -> Tensor {
  let sizes = windows.axes.map(\.input)
  let width = windows.axes[2].output
  let stride = windows.axes[2].stride
  return try Tensor(filling: values.shape, of: Int64.self) { result in
    x.withElements(of: T.self) { x in
      values.withElements(of: T.self) { values in
        for plane in 0..<x.count / max(windows.inputCount, 1) {
          let image = plane * windows.inputCount
          for row in 0..<windows.rowCount {
            let start = plane * windows.outputCount + row * width
            for place in start..<start + width { result[place] = -1 }
            windows.forEachTap(ofRow: row) { _, range, offset in
              for (number, window) in range.enumerated() where result[start + window] < 0 {
                let position = offset + number * stride
                let (value, largest) = (x[image + position], values[start + window])
                if value == largest || (value != value && largest != largest) {
                  result[start + window] = Int64(position)
                }
              }
            }
            for place in start..<start + width {
              var position = max(Int(result[place]), 0)
              if order == .columns {
                let (z, rest) = position.quotientAndRemainder(dividingBy: sizes[1] * sizes[2])
                let (y, x) = rest.quotientAndRemainder(dividingBy: sizes[2])
                position = z + sizes[0] * (y + sizes[1] * x)
              }
              result[place] = Int64(image + position)
            }
          }
        }
      }
    }
  }
}

/// Combines the elements of each window in the order of the kernel; `finish` gets each row.
@inline(__always)
private func poolPlanes<T: Arithmetic>(
  _: T.Type, _ windows: Windows, _ x: Tensor, initial: T, _ combine: (T, T) -> T,
  finish: (_ row: Int, _ values: UnsafeMutableBufferPointer<T>) -> Void
) throws -> Tensor {
  let (inputCount, width) = (windows.inputCount, windows.axes[2].output)
  let stride = windows.axes[2].stride
  let shape = Array(x.shape[..<2]) + windows.outputs
  return try Tensor(filling: shape, of: T.self) { y in
    x.withElements(of: T.self) { x in
      guard inputCount > 0 else { return y.update(repeating: initial) }
      inParallel(
        shape[0] * shape[1], cost: windows.outputCount * windows.kernelCount
      ) { planes in
        for plane in planes {
          let image = x.baseAddress! + plane * inputCount
          for row in 0..<windows.rowCount {
            let start = plane * windows.outputCount + row * width
            let values = UnsafeMutableBufferPointer(rebasing: y[start..<start + width])
            values.update(repeating: initial)
            windows.forEachTap(ofRow: row) { _, range, offset in
              let (line, target) = (image + offset, values.baseAddress! + range.lowerBound)
              if stride == 1 {
                for index in 0..<range.count {
                  target[index] = combine(target[index], line[index])
                }
              } else {
                for index in 0..<range.count {
                  target[index] = combine(target[index], line[index &* stride])
                }
              }
            }
            finish(row, values)
          }
        }
      }
    }
  }
}

private func globalPool<T: Real>(_: T.Type, _ kind: PoolKind, _ x: Tensor) throws -> Tensor {
  let count = product(x.shape[2...])
  let shape = Array(x.shape[..<2]) + x.shape[2...].map { _ in 1 }
  guard count > 0 else { throw Fault("the channels of \(text(x.shape)) have no elements") }
  return try Tensor(filling: shape, of: T.self) { y in
    x.withElements(of: T.self) { x in
      inParallel(y.count, cost: count) { planes in
        for plane in planes {
          let channel = x[(plane * count)..<((plane + 1) * count)]
          switch kind {
          case .max: y[plane] = channel.reduce(T.lowest) { T.larger($0, $1) }
          case .average: y[plane] = channel.reduce(0) { $0 + $1 } / T(count)
          case .norm(let power):
            y[plane] = root(channel.reduce(0) { $0 + raised($1.magnitude, power) }, power)
          }
        }
      }
    }
  }
}
