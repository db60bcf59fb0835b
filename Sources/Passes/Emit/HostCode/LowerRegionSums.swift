import IR
import Program

// The samples of the region of a step of a loop, over all rows and columns of its image.

extension Emitter {
  /// The image of the region of a step: channels × rows × columns.
  mutating func own(_ image: View, _ batches: View) -> View {
    let shape = Array(image.shape.dropFirst())
    let count = shape.reduce(1, *)
    let own = scratch("own", element: .f32, shape: shape)
    host(
      .gather, to: (View(own.buffer, shape: [1, count]), 1),
      from: [
        (View(image.buffer, shape: [image.shape[0], count]), 1), (batches.ofStep, 1),
      ])
    return own
  }

  /// For each bin and element of an axis, what `function` makes of the weights with which samples take the element,
  /// and of `otherwise` for samples that do not.
  private mutating func weights(
    _ samples: RegionSamples, _ axis: RegionAxis, _ function: ReduceFunction, otherwise: Float
  ) -> View {
    let shape = [axis.bins, axis.size, axis.samples]
    let none = constant("none", [otherwise], shape: []).broadcast(to: shape)
    let elements = constant("elements", (0..<axis.size).map { Float($0) }, shape: [axis.size, 1])
    let isTaken = scratch("\(axis.name)·taken", element: .bool, shape: shape)
    let taken = samples.taps.map { tap in
      let weight = scratch("\(axis.name)·weight", element: .f32, shape: shape)
      func spread(_ view: View) -> View { view.ofOne.inserting(axis.size, at: 1) }
      combine(.equal, spread(tap.place), elements, to: isTaken)
      combine(.and, isTaken, spread(samples.isInside), to: isTaken)
      host(.select, to: weight, from: [isTaken, spread(tap.weight), none])
      return weight
    }
    let combination: ZipFunction =
      switch function {
      case .sum: .add
      case .product: .mul
      case .max: .max
      case .min: .min
      }
    combine(combination, taken[0], taken[1], to: taken[0])
    let all = scratch("\(axis.name)·weights", element: .f32, shape: [axis.bins, axis.size])
    reduce(function, taken[0], inner: 1, to: all)
    return all
  }

  /// Σ weight of the row · weight of the column · element, divided by the number of samples.
  mutating func sumUp(
    _ image: View, _ axes: (down: RegionAxis, across: RegionAxis), _ down: RegionSamples,
    _ across: RegionSamples, to pooled: View
  ) {
    let (channels, width) = (image.shape[0], image.shape[2])
    let rows = weights(down, axes.down, .sum, otherwise: 0)
    let columns = weights(across, axes.across, .sum, otherwise: 0)
    let lines = scratch("lines", element: .f32, shape: [channels, axes.down.bins, width])
    let first = lines.shape + [axes.down.size]
    host(
      .contract, to: (lines, 0),
      from: [
        (rows.inserting(width, at: 1).broadcast(to: first), 1),
        (image.transposed([0, 2, 1]).inserting(axes.down.bins, at: 1), 1),
      ])
    let second = pooled.shape + [width]
    host(
      .contract, to: (pooled, 0),
      from: [
        (columns.broadcast(to: second), 1), (lines.inserting(axes.across.bins, at: 2), 1),
      ])
    let count = scratch("count", element: .f32, shape: [1])
    combine(.mul, down.count, across.count, to: count)
    apply(.clip, count, to: count, 1, .infinity)
    combine(.div, pooled, count, to: pooled)
  }

  /// The largest weight of the row · weight of the column · element of all samples. Of the weights with which a row
  /// or column is taken only the largest and the least matter.
  mutating func takeLargest(
    of image: View, _ axes: (down: RegionAxis, across: RegionAxis), _ down: RegionSamples,
    _ across: RegionSamples, to pooled: View
  ) {
    let rows = extremeWeights(down, axes.down)
    let columns = extremeWeights(across, axes.across)
    let (channels, width) = (image.shape[0], image.shape[2])
    let lines = scratch("lines", element: .f32, shape: [channels, axes.down.bins, width])
    let x = image.transposed([0, 2, 1])
    var work = [0, 1].map { scratch("product\($0)", element: .f32, shape: x.shape) }
    for bin in 0..<axes.down.bins {
      var line = lines.sliced(1, start: bin, count: 1)
      line.loops.remove(at: 1)
      takeLargest(of: x, rows, bin, rows.isTaken.row(bin), work, to: line)
    }
    // Where all rows of a bin are outside, its line holds no products.
    let isAny = scratch("any", element: .bool, shape: [axes.down.bins])
    reduce(.max, rows.isTaken, inner: 1, to: isAny)
    let isTaken = scratch("line", element: .bool, shape: [axes.down.bins, width])
    work = [0, 1].map { scratch("product\($0)", element: .f32, shape: lines.shape) }
    for bin in 0..<axes.across.bins {
      combine(.and, isAny.appendingDimensions([width]), columns.isTaken.row(bin), to: isTaken)
      takeLargest(of: lines, columns, bin, isTaken, work, to: pooled.element(bin))
    }
    // A sample outside of the image is 0.
    let isOutside = scratch("outside", element: .bool, shape: [axes.down.bins, axes.across.bins])
    combine(
      .or, rows.isOutside.appendingDimensions([axes.across.bins]), columns.isOutside,
      to: isOutside)
    let least = scratch("least", element: .f32, shape: pooled.shape)
    combine(.max, pooled, number(0, .f32), to: least)
    host(.select, to: pooled, from: [isOutside.broadcast(to: pooled.shape), least, pooled])
  }

  /// The largest product of the elements of each vector of `x` that are taken in a bin and their weights.
  private mutating func takeLargest(
    of x: View, _ weights: ExtremeWeights, _ bin: Int, _ isTaken: View, _ work: [View], to y: View
  ) {
    let none = constant("none", [-Float.infinity], shape: []).broadcast(to: x.shape)
    for (weight, product) in zip([weights.largest, weights.least], work) {
      combine(.mul, weight.row(bin), x, to: product)
      host(.select, to: product, from: [isTaken.broadcast(to: x.shape), product, none])
    }
    combine(.max, work[0], work[1], to: work[0])
    reduce(.max, work[0], inner: 1, to: y)
  }

  private mutating func extremeWeights(
    _ samples: RegionSamples, _ axis: RegionAxis
  ) -> ExtremeWeights {
    let largest = weights(samples, axis, .max, otherwise: -.infinity)
    let least = weights(samples, axis, .min, otherwise: .infinity)
    let isTaken = scratch("\(axis.name)·taken", element: .bool, shape: largest.shape)
    combine(.less, constant("none", [-Float.infinity], shape: []), largest, to: isTaken)
    let inside = samples.isInside.ofOne
    let numbers = scratch("\(axis.name)·numbers", element: .f32, shape: inside.shape)
    host(.cast, to: numbers, from: [inside])
    let count = scratch("\(axis.name)·count", element: .f32, shape: [axis.bins])
    reduce(.sum, numbers, inner: 1, to: count)
    // Without samples a bin is 0 too.
    let all = scratch("\(axis.name)·all", element: .f32, shape: [1])
    apply(.clip, samples.count, to: all, 1, .infinity)
    let isOutside = scratch("\(axis.name)·outside", element: .bool, shape: [axis.bins])
    combine(.less, count, all, to: isOutside)
    return ExtremeWeights(
      largest: largest, least: least, isTaken: isTaken, isOutside: isOutside)
  }
}

/// The weights with which the samples of a bin take elements along an axis: bins × elements.
private struct ExtremeWeights {
  var largest: View
  var least: View
  /// Whether a sample takes the element at all.
  var isTaken: View
  /// Whether the bin has a sample outside of the image, or none.
  var isOutside: View
}
