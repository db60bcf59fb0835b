import Basics
import IR
import Program

// Operators that find as many things as elements say. The result has room for the most that there may be; what is
// not there is −1, behind what is.

extension Emitter {
  /// Sorting brings the numbers of the elements that are not 0 before those of the others.
  mutating func lowerNonZero() {
    let x = View(memory(of: operand(0)), shape: [shape(operand(0)).reduce(1, *)])
    guard !x.isEmpty else { return }
    let element = element(of: x)
    let zero =
      element.isFloatingPoint
      ? number(0, .f32)
      : constant(
        "zero",
        Tensor(type: element, shape: [], bytes: Bytes(count: element.byteCount) { _ in }))
    let isZero = scratch("is·zero", element: .bool, shape: x.shape)
    combine(.equal, x, zero, to: isZero)
    let places = sorted(isZero)
    let isAbsent = scratch("absent", element: .bool, shape: x.shape)
    host(.gather, to: (isAbsent, 0), from: [(isZero, 0), (places, 1)])
    let sizes = shape(operand(0))
    let coordinate = scratch("coordinate", element: .i64, shape: x.shape)
    var stride = x.shape[0]
    for (axis, size) in (sizes.isEmpty ? [1] : sizes).enumerated() {
      stride /= size
      combine(.div, places, number(Int64(stride), .i64), to: coordinate)
      combine(.rem, coordinate, number(Int64(size), .i64), to: coordinate)
      var row = view(result).sliced(0, start: axis, count: 1)
      row.loops.removeFirst()
      host(.select, to: row, from: [isAbsent, absent.broadcast(to: x.shape), coordinate])
    }
  }

  /// The numbers of truth values in the order in which those that are false come first.
  private mutating func sorted(_ flags: View) -> View {
    let places = scratch("places", element: .i64, shape: flags.shape)
    host(
      .sort, function: SortFunction.ascending.rawValue, to: (places, 1), from: [(flags, 1)])
    return places
  }

  /// What stands for a number that is not there.
  private var absent: View { mutating get { number(-1, .i64) } }

  /// The boxes of each class of each batch, from the best on, each with a flag that tells whether it may still be
  /// kept. A step of a loop keeps the first of each class, and takes those away that overlap with it.
  mutating func lowerSuppression(centered: Bool) {
    let scores = view(operand(1))
    let (batch, classes, count) = (scores.shape[0], scores.shape[1], scores.shape[2])
    let groups = batch * classes
    guard groups > 0, shape(result)[0] > 0 else { return }
    let most = shape(result)[0] / groups
    let order = scratch("order", element: .i64, shape: scores.shape)
    host(
      .sort, function: SortFunction.descending.rawValue, to: (order, 1), from: [(scores, 1)])
    let boxes = Boxes(
      order: order, firsts: firsts(groups, count, [batch, classes]),
      figures: figures(ofBoxes: operand(0), centered: centered).map { figure in
        let places = scratch("places", element: .i64, shape: scores.shape)
        combine(.add, order, firsts(batch, count, [batch, 1, 1]), to: places)
        return gathered(figure, places, "sorted")
      })
    let isOpen = scratch("open", element: .bool, shape: scores.shape)
    if let least = optionalOperand(4) {
      let places = scratch("places", element: .i64, shape: scores.shape)
      combine(.add, order, boxes.firsts.appendingDimensions([count]), to: places)
      combine(.less, scalar(least), gathered(scores, places, "scores"), to: isOpen)
    } else {
      host(.fill, to: isOpen, from: [], immediates: [1])
    }
    let overlap = scratch("overlap", element: .f32, shape: [])
    if let given = optionalOperand(3) {
      host(.copy, to: overlap, from: [scalar(given)])
    } else {
      host(.fill, to: overlap, from: [], immediates: [0])
    }
    let rows = scratch("rows", element: .i64, shape: [groups * most, 3])
    hostCode.append(Instruction(.loop, operands: [UInt32(most)]))
    steps = StepLoop(count: most)
    keepBest(of: boxes, isOpen, overlap, in: rows)
    steps = nil
    hostCode.append(Instruction(.next))
    guard groups > 1 else { return host(.copy, to: view(result), from: [rows]) }
    // Each class has its rows at a place of its own: what is absent goes behind them all.
    let isAbsent = scratch("absent", element: .bool, shape: [groups * most])
    var column = rows.sliced(1, start: 0, count: 1)
    column.loops.removeLast()
    combine(.less, column, number(0, .i64), to: isAbsent)
    host(.gather, to: (view(result), 1), from: [(rows, 1), (sorted(isAbsent), 1)])
  }

  /// What is known of the boxes of each class, from the best on.
  private struct Boxes {
    /// The number of each box: batches × classes × boxes, as the figures.
    var order: View
    /// The place of the first box of each class.
    var firsts: View
    /// The ends along both axes, the lower one before the upper one, and the area.
    var figures: [View]

    var shape: [Int] { order.shape }
  }

  /// The numbers 0, `distance`, …, of which there are `count`, in a shape.
  private mutating func firsts(_ count: Int, _ distance: Int, _ shape: [Int]) -> View {
    constant("firsts", (0..<count).map { Int64($0 * distance) }, shape: shape)
  }

  /// The one element of a value.
  private mutating func scalar(_ value: ValueID) -> View { View(memory(of: value), shape: []) }

  /// The elements of `x`, one after the other, whose numbers `places` holds.
  private mutating func gathered(_ x: View, _ places: View, _ name: String) -> View {
    let y = scratch(name, element: element(of: x), shape: places.shape)
    host(
      .gather, to: (y, 0),
      from: [(View(x.buffer, shape: [x.shape.reduce(1, *)]), 0), (places, places.loops.count)])
    return y
  }

  /// The ends of boxes, batches × boxes × 4, along both axes, the lower one before the upper one, and their areas.
  private mutating func figures(ofBoxes value: ValueID, centered: Bool) -> [View] {
    let boxes = view(value)
    let numbers = (0..<4).map { boxes.element($0) }
    let ends = (0..<4).map { _ in scratch("end", element: .f32, shape: numbers[0].shape) }
    let size = scratch("size", element: .f32, shape: numbers[0].shape)
    for axis in 0..<2 {
      let (low, high) = (ends[2 * axis], ends[2 * axis + 1])
      if centered {
        apply(.affine, numbers[2 + axis], to: size, 0.5, 0)
        combine(.sub, numbers[axis], size, to: low)
        combine(.add, numbers[axis], size, to: high)
      } else {
        combine(.min, numbers[axis], numbers[2 + axis], to: low)
        combine(.max, numbers[axis], numbers[2 + axis], to: high)
      }
    }
    let area = scratch("area", element: .f32, shape: size.shape)
    combine(.sub, ends[1], ends[0], to: area)
    combine(.sub, ends[3], ends[2], to: size)
    combine(.mul, area, size, to: area)
    return ends + [area]
  }

  /// Writes a step: the first open box of each class goes to the row of the step, and boxes that overlap with it by
  /// more than `overlap` are open no longer.
  private mutating func keepBest(
    of boxes: Boxes, _ isOpen: View, _ overlap: View, in rows: View
  ) {
    let (batch, classes, count) = (boxes.shape[0], boxes.shape[1], boxes.shape[2])
    let numbers = constant("numbers", (0..<count).map { Int64($0) }, shape: [count])
    let end = number(Int64(count), .i64)
    let open = scratch("candidates", element: .i64, shape: boxes.shape)
    host(
      .select, to: open,
      from: [isOpen, numbers.broadcast(to: boxes.shape), end.broadcast(to: boxes.shape)])
    let first = scratch("first", element: .i64, shape: [batch, classes])
    reduce(.min, open, inner: 1, to: first)
    let isFound = scratch("found", element: .bool, shape: first.shape)
    combine(.less, first, end, to: isFound)
    // Where no box is open, the last one is taken, and left out in the end.
    let place = scratch("place", element: .i64, shape: first.shape)
    combine(.min, first, number(Int64(count - 1), .i64), to: place)
    combine(.add, place, boxes.firsts, to: place)
    let row = [
      firsts(batch, 1, [batch, 1]), firsts(classes, 1, [classes]),
      gathered(boxes.order, place, "box"),
    ]
    for (column, number) in row.enumerated() {
      var target = View(rows.buffer, shape: [batch, classes, rows.shape[0] / (batch * classes), 3])
        .sliced(2, start: 0, count: 1).sliced(3, start: column, count: 1)
      target.loops.removeLast(2)
      target.advance = 3
      host(
        .select, to: target,
        from: [isFound, number.broadcast(to: first.shape), absent.broadcast(to: first.shape)])
    }
    let best = boxes.figures.map { figure in
      gathered(figure, place, "best").appendingDimensions([count])
    }
    let isTaken = taken(by: best, of: boxes, overlap)
    let isOwn = scratch("own", element: .bool, shape: boxes.shape)
    combine(.equal, numbers, first.appendingDimensions([count]), to: isOwn)
    combine(.or, isTaken, isOwn, to: isTaken)
    combine(.less, isTaken, isOpen, to: isOpen)
  }

  /// Whether each box has more than the part `overlap` of what it and the best one of its class cover together in
  /// common with that; what has no area overlaps with nothing. Each step rounds as the reference does.
  private mutating func taken(by best: [View], of boxes: Boxes, _ overlap: View) -> View {
    func temporary(_ name: String, _ element: ElementType) -> View {
      scratch(name, element: element, shape: boxes.shape)
    }
    let (low, common) = (temporary("low", .f32), temporary("common", .f32))
    let (side, isTaken) = (temporary("side", .f32), temporary("taken", .bool))
    let isPositive = temporary("positive", .bool)
    let zero = number(0, .f32)
    for axis in 0..<2 {
      let extent = axis == 0 ? common : side
      combine(.max, boxes.figures[2 * axis], best[2 * axis], to: low)
      combine(.min, boxes.figures[2 * axis + 1], best[2 * axis + 1], to: extent)
      combine(.sub, extent, low, to: extent)
      combine(.less, zero, extent, to: axis == 0 ? isTaken : isPositive)
    }
    combine(.and, isTaken, isPositive, to: isTaken)
    combine(.mul, common, side, to: common)
    let area = boxes.figures[4]
    for figure in [area, best[4]] {
      combine(.less, zero, figure, to: isPositive)
      combine(.and, isTaken, isPositive, to: isTaken)
    }
    combine(.add, best[4], area, to: side)
    combine(.sub, side, common, to: side)
    combine(.div, common, side, to: common)
    combine(.less, overlap, common, to: isPositive)
    combine(.and, isTaken, isPositive, to: isTaken)
    return isTaken
  }
}
