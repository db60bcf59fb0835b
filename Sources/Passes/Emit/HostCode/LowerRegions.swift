import Basics
import IR
import Program

extension Emitter {
  /// Samples of regions. Where that costs less, each is fetched with the elements around it, for all regions at once.
  /// Else, as where the size of a region says how many samples there are, regions come one after the other, and the
  /// samples are sums over all rows and columns of the image, with the weights that all samples together give these.
  mutating func lower(_ region: RegionAlign) {
    let (x, y) = (shape(operand(0)), shape(result))
    guard !view(result).isEmpty else { return }
    let regions = scratch("regions", element: .f32, shape: shape(operand(1)))
    host(.cast, to: regions, from: [view(operand(1))])
    let image = scratch("wide", element: .f32, shape: x)
    host(.cast, to: image, from: [view(operand(0))])
    let pooled = scratch("pooled", element: .f32, shape: y)
    let axes = (
      down: RegionAxis(name: "down", first: 1, bins: y[2], size: x[2], region: region),
      across: RegionAxis(name: "across", first: 0, bins: y[3], size: x[3], region: region)
    )
    if region.fetchesSamples(height: x[2], width: x[3]) {
      fetch(
        image, samples(axes.down, of: regions), samples(axes.across, of: regions), region,
        to: pooled)
    } else {
      let batches = scratch("batches", element: .i64, shape: [y[0]])
      host(.copy, to: batches, from: [view(operand(2))])
      hostCode.append(Instruction(.loop, operands: [UInt32(y[0])]))
      steps = StepLoop(count: y[0])
      let own = own(image, batches)
      let down = samples(axes.down, of: regions.ofStep)
      let across = samples(axes.across, of: regions.ofStep)
      if region.takesMaximum {
        takeLargest(of: own, axes, down, across, to: pooled.ofStep.ofOne)
      } else {
        sumUp(own, axes, down, across, to: pooled.ofStep.ofOne)
      }
      steps = nil
      hostCode.append(Instruction(.next))
    }
    host(.cast, to: view(result), from: [pooled])
  }

  /// The samples along an axis of so many regions, in bins of as many each: regions × bins × samples.
  private mutating func samples(_ axis: RegionAxis, of regions: View) -> RegionSamples {
    let count = [regions.shape[0]]
    func temporary(_ name: String, _ shape: [Int], _ element: ElementType = .f32) -> View {
      scratch("\(axis.name)·\(name)", element: element, shape: shape)
    }
    let (start, bin) = (temporary("start", count), temporary("bin", count))
    let offset: Float = axis.region.halfPixel ? -0.5 : 0
    apply(.affine, regions.element(axis.first), to: start, axis.region.scale, offset)
    apply(.affine, regions.element(axis.first + 2), to: bin, axis.region.scale, offset)
    combine(.sub, bin, start, to: bin)
    if !axis.region.halfPixel { apply(.clip, bin, to: bin, 1, .infinity) }
    combine(.div, bin, constant("bins", [Float(axis.bins)], shape: []), to: bin)
    let samples = temporary("samples", count)
    if axis.region.samples > 0 {
      host(.fill, to: samples, from: [], immediates: [Float(axis.region.samples)])
    } else {
      apply(.ceil, bin, to: samples)
      apply(.clip, samples, to: samples, 0, .infinity)
    }
    let origins = temporary("origins", count + [axis.bins])
    let numbers = constant("numbers", (0..<axis.bins).map { Float($0) }, shape: [axis.bins])
    combine(.mul, numbers, bin.appendingDimensions([axis.bins]), to: origins)
    combine(.add, start.appendingDimensions([axis.bins]), origins, to: origins)
    let shape = origins.shape + [axis.samples]
    // Where each sample lies in its bin, as a number of samples.
    let middles = temporary("middles", shape)
    let halves = constant(
      "halves", (0..<axis.samples).map { Float($0) + 0.5 }, shape: [axis.samples])
    if axis.region.samples > 0 {
      host(.copy, to: middles, from: [halves.broadcast(to: shape)])
    } else {
      let firsts = firstInside(origins, bin, samples, axis)
      combine(.add, firsts.appendingDimensions([axis.samples]), halves, to: middles)
    }
    let inner = Array(shape.dropFirst())
    let isInside = temporary("inside", shape, .bool)
    combine(.less, middles, samples.appendingDimensions(inner), to: isInside)
    let places = temporary("places", shape)
    combine(.mul, middles, bin.appendingDimensions(inner), to: places)
    combine(.div, places, samples.appendingDimensions(inner), to: places)
    combine(.add, origins.appendingDimensions([axis.samples]), places, to: places)
    return taps(at: places, isInside, samples, axis)
  }

  /// The number of the first sample of each bin that may lie in the image, or of one before it. Where a bin has
  /// several, they are more than half an element apart.
  private mutating func firstInside(
    _ origins: View, _ bin: View, _ samples: View, _ axis: RegionAxis
  ) -> View {
    let step = scratch("\(axis.name)·step", element: .f32, shape: bin.shape)
    combine(.div, bin, samples, to: step)
    let firsts = scratch("\(axis.name)·firsts", element: .f32, shape: origins.shape)
    apply(.affine, origins, to: firsts, -1, -1)
    combine(.div, firsts, step.appendingDimensions([axis.bins]), to: firsts)
    apply(.affine, firsts, to: firsts, 1, -0.5 - Float(RegionAlign.margin))
    apply(.floor, firsts, to: firsts)
    apply(.clip, firsts, to: firsts, 0, .infinity)
    return firsts
  }

  /// The elements between which samples lie, and their weights; each step rounds as the reference does.
  private mutating func taps(
    at places: View, _ isInside: View, _ samples: View, _ axis: RegionAxis
  ) -> RegionSamples {
    func temporary(_ name: String) -> View {
      scratch("\(axis.name)·\(name)", element: .f32, shape: places.shape)
    }
    let zero = number(0, .f32).broadcast(to: places.shape)
    let (lower, upper) = (temporary("lower"), temporary("upper"))
    let isNear = scratch("\(axis.name)·near", element: .bool, shape: places.shape)
    apply(.clip, places, to: lower, -1, Float(axis.size))
    combine(.equal, lower, places, to: isNear)
    combine(.and, isInside, isNear, to: isInside)
    apply(.clip, places, to: places, 0, Float(axis.size - 1))
    host(.select, to: places, from: [isInside, places, zero])
    apply(.floor, places, to: lower)
    let (rest, fraction) = (temporary("rest"), temporary("fraction"))
    combine(.sub, places, lower, to: fraction)
    apply(.affine, fraction, to: rest, -1, 1)
    apply(.affine, lower, to: upper, 1, 1)
    apply(.clip, upper, to: upper, 0, Float(axis.size - 1))
    return RegionSamples(
      taps: [(lower, rest), (upper, fraction)], isInside: isInside, count: samples)
  }

  /// Adds up, or compares, the samples of all bins one after the other.
  private mutating func fetch(
    _ x: View, _ down: RegionSamples, _ across: RegionSamples, _ region: RegionAlign,
    to pooled: View
  ) {
    let bins = [pooled.shape[0], pooled.shape[2], pooled.shape[3]]
    let total = pooled.transposed([0, 2, 3, 1])
    let (height, width) = (x.shape[2], x.shape[3])
    let pixels = View(x.buffer, shape: [x.shape[0], x.shape[1], height * width])
      .transposed([0, 2, 1])
    let image = scratch("image", element: .i64, shape: [bins[0]])
    combine(.mul, view(operand(2)), number(Int64(height * width), .i64), to: image)
    let lines = down.taps.map { tap in
      let line = numbers(tap.place)
      combine(.mul, line, number(Int64(width), .i64), to: line)
      combine(.add, line, image.appendingDimensions(Array(line.shape.dropFirst())), to: line)
      return line
    }
    let columns = across.taps.map { numbers($0.place) }
    func row(_ view: View, _ sample: Int) -> View {
      view.element(sample).appendingDimensions([bins[2]])
    }
    func column(_ view: View, _ sample: Int) -> View {
      view.element(sample).inserting(bins[1], at: 1)
    }
    let place = scratch("place", element: .i64, shape: bins)
    let weight = scratch("weight", element: .f32, shape: bins)
    let isInside = scratch("inside", element: .bool, shape: bins)
    let term = scratch("term", element: .f32, shape: total.shape)
    let sample = scratch("sample", element: .f32, shape: total.shape)
    let zero = number(0, .f32).broadcast(to: total.shape)
    let function: ZipFunction = region.takesMaximum ? .max : .add
    let channels = [total.shape[3]]
    for number in 0..<region.samples * region.samples {
      let (i, j) = number.quotientAndRemainder(dividingBy: region.samples)
      for tap in 0..<4 {
        let (a, b) = (tap / 2, tap % 2)
        combine(.add, row(lines[a], i), column(columns[b], j), to: place)
        combine(.mul, row(down.taps[a].weight, i), column(across.taps[b].weight, j), to: weight)
        host(.gather, to: (term, 1), from: [(pixels, 1), (place, 3)])
        let product = tap == 0 ? sample : term
        combine(.mul, weight.appendingDimensions(channels), term, to: product)
        if tap > 0 { combine(function, sample, term, to: sample) }
      }
      combine(.and, row(down.isInside, i), column(across.isInside, j), to: isInside)
      let condition = isInside.appendingDimensions(channels)
      guard number > 0 else {
        host(.select, to: total, from: [condition, sample, zero])
        continue
      }
      host(.select, to: sample, from: [condition, sample, zero])
      combine(function, total, sample, to: total)
    }
    guard !region.takesMaximum else { return }
    let count = Float(region.samples * region.samples)
    combine(.div, total, constant("count", [count], shape: []), to: total)
  }

  /// Whole numbers as indices.
  private mutating func numbers(_ x: View) -> View {
    let y = scratch("numbers", element: .i64, shape: x.shape)
    host(.cast, to: y, from: [x])
    return y
  }
}

/// The bins of regions along an axis of the image.
struct RegionAxis {
  /// What its memories are called.
  var name: String
  /// Which number of a region is its beginning; the end is two numbers behind.
  var first: Int
  /// The bins of a region.
  var bins: Int
  /// The elements of the image.
  var size: Int
  var region: RegionAlign

  /// The samples of a bin that are looked at.
  var samples: Int { region.samples(along: size) }
}

extension RegionAlign {
  /// How many samples more are looked at than lie in the image, at either end, for what is rounded.
  static let margin = 4
  /// The most samples along each axis for which the code is written one after the other.
  private static let mostFetched = 16

  /// The samples of a bin that are looked at: all, or as many as may lie between −1 and the size.
  func samples(along size: Int) -> Int {
    samples > 0 ? samples : 2 * (size + 1) + 1 + 2 * Self.margin
  }

  /// Whether each sample of an image is fetched, as where that costs less than to go through the image.
  func fetchesSamples(height: Int, width: Int) -> Bool {
    1...Self.mostFetched ~= samples
      && (4 * samples * samples).saturatingProduct(columns)
        <= width.saturatingProduct(height.saturatingSum(columns))
  }

  /// The elements of the larger table of an image through which the code goes for a region.
  func tableCount(height: Int, width: Int) -> Int {
    if fetchesSamples(height: height, width: width) { return 0 }
    return max(
      rows.saturatingProduct(height).saturatingProduct(samples(along: height)),
      columns.saturatingProduct(width).saturatingProduct(samples(along: width)))
  }
}

/// The samples of all bins along an axis: regions × bins × samples.
struct RegionSamples {
  /// The elements before and behind each sample, and their weights.
  var taps: [(place: View, weight: View)]
  /// Whether it is a sample that lies in the image.
  var isInside: View
  /// The number of samples of a bin of each region.
  var count: View
}

extension View {
  /// The first of the first dimension, and with each step of a loop the next one.
  var ofStep: View {
    var view = self
    view.advance = loops[0].step * axes[loops[0].axis].stride
    view.loops[0].count = 1
    return view
  }

  /// The view without its first dimension, of which the first is taken.
  var ofOne: View { row(0) }

  /// Part `number` of the first dimension, which is left out.
  func row(_ number: Int) -> View {
    var view = sliced(0, start: number, count: 1)
    view.loops.removeFirst()
    return view
  }

  /// The view repeated along a new dimension at `index`.
  func inserting(_ count: Int, at index: Int) -> View {
    var view = self
    if view.axes.isEmpty { view.axes = [.init(extent: 1, stride: 1)] }
    view.loops.insert(.init(count: count, axis: 0, step: 0), at: index)
    return view
  }
}
