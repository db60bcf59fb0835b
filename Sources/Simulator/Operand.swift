import CCrossbar
import Program

/// A walk through the memory of a running machine.
///
/// `select` takes a range of positions; `read` then gives their elements as a dense array of
/// positions × lanes, the memory itself where it is that already, and `target` and `commit` write.
struct Operand<Element: StoredElement> {
  /// The plan, which holds the walk, outlives all operands.
  unowned(unsafe) let walk: Walk
  let lanes: Int
  private let memory: UnsafeMutablePointer<Element>
  private let base: Int
  /// Whether one element in memory stands for all lanes.
  private let isShared: Bool
  private let isHalf: Bool
  private let fill: Element
  private let scratch: UnsafeMutablePointer<Element>
  private let rows: UnsafeMutablePointer<Walk.Row>
  private var rowCount = 0
  private var positions = 0

  init(_ walk: Walk, base: Int, scratch: Int, machine: Machine) {
    self.walk = walk
    self.base = base
    lanes = machine.lanes
    isHalf = machine.unitIsHalf
    fill = .fill(walk.fill)
    self.scratch = Element.scratch(scratch, of: machine)
    rows = machine.rows + scratch * Machine.chunk
    isShared = walk.memory.isShared && lanes > 1
    memory =
      walk.memory.isShared
      ? Element.constants(of: machine.plan) + walk.memory.offset
      : Element.arena(of: machine) + walk.memory.offset * lanes
  }

  private var stride: Int { isShared ? 1 : lanes }

  /// Takes the positions of `range`.
  mutating func select(_ range: Range<Int>) {
    rowCount = walk.rows(of: range, base: base, into: rows)
    positions = range.count
  }

  /// The number of the selected positions that belong to the first row.
  var firstRowCount: Int { rows[0].count }

  /// Whether all positions of a row are one element for all lanes.
  var isSplat: Bool {
    walk.last.step.offset == 0 && (isShared || lanes == 1)
  }

  /// The selected elements, dense, for element `element` of each vector.
  @inline(__always) func read(element: Int = 0) -> UnsafePointer<Element> {
    if !isHalf, let direct = direct(element: element) { return UnsafePointer(direct) }
    fetch(element: element, into: scratch)
    if isHalf {
      Element.conform(scratch, count: positions * lanes, to: walk.memory.element, isHalf: true)
    }
    return UnsafePointer(scratch)
  }

  /// The value of all selected elements and lanes, if they are one row of one shared element.
  @inline(__always) func splat(element: Int) -> Element? {
    guard isSplat, rowCount == 1, !isHalf else { return nil }
    let stretch = walk.stretch(rows[0], element: element)
    if stretch.lower >= stretch.upper { return fill }
    return stretch.lower == 0 && stretch.upper == rows[0].count ? memory[stretch.offset] : nil
  }

  /// Where the selected elements are to be written, dense, before `commit`.
  @inline(__always) func target(element: Int = 0) -> UnsafeMutablePointer<Element> {
    direct(element: element) ?? scratch
  }

  /// Rounds what was written at `target` to the type of the memory, and stores it.
  @inline(__always) func commit(
    _ target: UnsafeMutablePointer<Element>, element: Int = 0
  ) {
    Element.conform(
      target, count: positions * lanes, to: walk.memory.element, isHalf: isHalf)
    if target == scratch { store(scratch, element: element) }
  }

  /// The selected elements in memory, if they lie there densely.
  @inline(__always) private func direct(element: Int) -> UnsafeMutablePointer<Element>? {
    guard rowCount == 1, !isShared, walk.last.step.offset == 1 || rows[0].count == 1 else {
      return nil
    }
    let stretch = walk.stretch(rows[0], element: element)
    guard stretch.lower == 0 && stretch.upper == rows[0].count else { return nil }
    return memory + stretch.offset * lanes
  }

  /// Copies the selected elements to `target`.
  func fetch(element: Int, into target: UnsafeMutablePointer<Element>) {
    var out = target
    let source = memory
    let step = walk.last.step.offset
    for number in 0..<rowCount {
      let row = rows[number]
      let stretch = walk.stretch(row, element: element)
      if stretch.lower > 0 { out.update(repeating: fill, count: stretch.lower * lanes) }
      let count = stretch.upper - stretch.lower
      if count > 0 {
        let from = source + (stretch.offset + stretch.lower * step) * stride
        gather(from, step: step, count: count, into: out + stretch.lower * lanes)
      }
      if stretch.upper < row.count {
        (out + stretch.upper * lanes).update(
          repeating: fill, count: (row.count - stretch.upper) * lanes)
      }
      out += row.count * lanes
    }
  }

  @inline(__always) private func gather(
    _ source: UnsafeMutablePointer<Element>, step: Int, count: Int,
    into out: UnsafeMutablePointer<Element>
  ) {
    if isShared {
      for i in 0..<count {
        (out + i &* lanes).update(repeating: source[i &* step], count: lanes)
      }
    } else if step == 1 {
      out.update(from: source, count: count * lanes)
    } else if lanes == 1 {
      for i in 0..<count { out[i] = source[i &* step] }
    } else {
      for i in 0..<count {
        let from = source + i &* step &* lanes
        let to = out + i &* lanes
        for lane in 0..<lanes { to[lane] = from[lane] }
      }
    }
  }

  /// Copies dense elements to the selected ones; none outside the extents.
  func store(_ source: UnsafePointer<Element>, element: Int) {
    var from = source
    let target = memory
    let step = walk.last.step.offset
    for number in 0..<rowCount {
      let row = rows[number]
      let stretch = walk.stretch(row, element: element)
      let count = stretch.upper - stretch.lower
      if count > 0 {
        scatter(
          from + stretch.lower * lanes, step: step, count: count,
          into: target + (stretch.offset + stretch.lower * step) * lanes)
      }
      from += row.count * lanes
    }
  }

  @inline(__always) private func scatter(
    _ source: UnsafePointer<Element>, step: Int, count: Int,
    into out: UnsafeMutablePointer<Element>
  ) {
    if step == 1 {
      out.update(from: source, count: count * lanes)
    } else if lanes == 1 {
      for i in 0..<count { out[i &* step] = source[i] }
    } else {
      for i in 0..<count {
        let from = source + i &* lanes
        let to = out + i &* step &* lanes
        for lane in 0..<lanes { to[lane] = from[lane] }
      }
    }
  }

  /// Where element `element` of the first selected position is in lane `lane`; `nil` outside.
  func address(element: Int, lane: Int) -> UnsafeMutablePointer<Element>? {
    let stretch = walk.stretch(rows[0], element: element)
    guard stretch.lower == 0, stretch.upper > 0 else { return nil }
    return memory + stretch.offset * stride + (isShared ? 0 : lane)
  }

  /// The fill value, for reading where `address` is `nil`.
  var outside: Element { fill }
}

extension Operand<Float> {
  /// Copies some elements of the selected positions to `target`, a line of the panel for each, of plane
  /// `plane` of the memory.
  func fetch(
    elements: Range<Int>, plane: Int = 0, into target: UnsafeMutablePointer<Float>,
    _ kernels: crossbar_kernels
  ) {
    guard !isShared else {
      for element in elements {
        fetch(element: element, into: target + (element - elements.lowerBound) * Panel.step)
      }
      return
    }
    withUnsafePointer(to: walk.table) {
      kernels.gather(
        $0, rows, rowCount, elements.lowerBound, elements.count, lanes, self.plane(plane), target)
    }
  }

  /// Copies lines of the panel to some elements of the selected positions of plane `plane`; nothing outside
  /// the extents.
  func store(
    _ source: UnsafePointer<Float>, elements: Range<Int>, plane: Int = 0,
    _ kernels: crossbar_kernels
  ) {
    withUnsafePointer(to: walk.table) {
      kernels.scatter(
        $0, rows, rowCount, elements.lowerBound, elements.count, lanes, source, self.plane(plane))
    }
  }

  /// The lines of all elements of the selected positions in plane `plane`, if each lies densely in memory.
  func lines(plane: Int = 0) -> memory_lines? {
    guard rowCount == 1, !isShared, !walk.isGuarded,
      walk.last.step.offset == 1 || rows[0].count == 1
    else { return nil }
    return memory_lines(
      base: self.plane(plane) + rows[0].offset * lanes, offsets: walk.table.offsets, scale: lanes)
  }

  private func plane(_ plane: Int) -> UnsafeMutablePointer<Float> {
    memory + plane * walk.memory.count * lanes
  }
}
