import Basics
import IR

/// The maximum or average of each window of each channel.
func pool(_ parameters: Pool, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  guard x.shape.count >= 3 else { throw Fault("x of shape \(text(x.shape)) is no image") }
  let windows = try Windows(parameters.window, over: x.shape[2...], ceil: parameters.ceil)
  switch (parameters.kind, x.type) {
  case (.max, .f32): return try maxPool(Float.self, windows, x)
  case (.max, .f64): return try maxPool(Double.self, windows, x)
  case (.max, .i8): return try maxPool(Int8.self, windows, x)
  case (.max, .u8): return try maxPool(UInt8.self, windows, x)
  case (.average, .f32): return try averagePool(Float.self, parameters, windows, x)
  case (.average, .f64): return try averagePool(Double.self, parameters, windows, x)
  case (.max, _): throw Fault.unsupported(x.type, supported: ElementType.floating + [.i8, .u8])
  case (.average, _): throw Fault.unsupported(x.type, supported: ElementType.floating)
  }
}

/// The maximum or average of each channel.
func globalPool(_ kind: PoolKind, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  guard x.shape.count >= 2 else { throw Fault("x of shape \(text(x.shape)) has no channels") }
  switch (kind, x.type) {
  case (.max, .f32): return try globalPool(Float.self, .max, x)
  case (.max, .f64): return try globalPool(Double.self, .max, x)
  case (.average, .f32): return try globalPool(Float.self, .average, x)
  case (.average, .f64): return try globalPool(Double.self, .average, x)
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
          }
        }
      }
    }
  }
}
