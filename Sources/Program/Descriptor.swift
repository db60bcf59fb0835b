/// How a stream of vectors walks through a memory, and what it waits for.
///
/// A descriptor has *axes*, the dimensions of the data in memory, and *loops*, the dimensions of
/// the walk. Each loop moves along one axis. At loop indices i the coordinate along axis a is
///
///     coordinate(a) = axes[a].origin + Σ over loops d with loops[d].axis == a of i[d] · loops[d].step
///
/// and the element is number `base + Σ coordinate(a) · axes[a].stride` of the memory, or `fill` where
/// a coordinate is outside `0 ..< axes[a].extent`; nothing is written there. So one descriptor
/// expresses strides, slices, padding, broadcasts (a step of 0), reversal (a negative step), transposition, and the
/// windows of a convolution (two loops on one axis: im2col).
///
/// The last `innerLoops` loops run through one vector, the others from vector to vector. `vectors`
/// and `elements` select a range of each, counted in row-major order, so that a replica takes some
/// of the vectors and a row block some of the elements of every vector.
public struct Descriptor: Hashable, Sendable {
  /// The most loops, and the most axes: a grouped two-dimensional convolution in host code takes 7.
  public static let maximumRank = 8
  /// The bound on the steps of a loop, and on the places that a step moves, exclusive.
  public static let maximumSteps = 1 << 28

  /// A dimension of what lies in memory.
  public struct Axis: Hashable, Sendable {
    /// The coordinate at loop indices 0.
    public var origin: Int
    /// The number of elements along the axis.
    public var extent: Int
    /// The distance of neighbours in memory, in elements.
    public var stride: Int

    /// Creates an axis.
    public init(origin: Int = 0, extent: Int, stride: Int) {
      self.origin = origin
      self.extent = extent
      self.stride = stride
    }
  }

  /// A dimension of the walk.
  public struct Loop: Hashable, Sendable {
    /// The number of steps.
    public var count: Int
    /// The axis along which it moves.
    public var axis: Int
    /// The change of the coordinate at each step.
    public var step: Int

    /// Creates a loop.
    public init(count: Int, axis: Int, step: Int) {
      self.count = count
      self.axis = axis
      self.step = step
    }
  }

  /// The memory.
  public var buffer: BufferID
  /// The counter that a reader waits on and a writer advances; `nil` for neither.
  public var counter: CounterID?
  /// Reading: the n-th execution waits until the counter is at least n · amount. Writing: each
  /// execution advances the counter by it.
  public var amount: Int
  /// The element at coordinates 0.
  public var base: Int
  /// What `base` grows by with each iteration of the innermost enclosing `loop` instruction.
  public var advance: Int
  /// The axes.
  public var axes: [Axis]
  /// The loops, outermost first.
  public var loops: [Loop]
  /// The number of loops, counted from the last, that run through one vector.
  public var innerLoops: Int
  /// Which vectors are taken.
  public var vectors: Range<Int>
  /// Which elements of every vector are taken.
  public var elements: Range<Int>
  /// What is read outside the extents.
  public var fill: Float

  /// Creates a descriptor that takes all vectors and elements of its loops.
  public init(
    buffer: BufferID, counter: CounterID? = nil, amount: Int = 0, base: Int = 0, advance: Int = 0,
    axes: [Axis], loops: [Loop], innerLoops: Int, fill: Float = 0
  ) {
    self.init(
      buffer: buffer, counter: counter, amount: amount, base: base, advance: advance, axes: axes,
      loops: loops, innerLoops: innerLoops,
      vectors: 0..<loops.dropLast(innerLoops).reduce(1) { $0 * $1.count },
      elements: 0..<loops.suffix(innerLoops).reduce(1) { $0 * $1.count }, fill: fill)
  }

  /// Creates a descriptor that takes the given vectors and elements of its loops.
  public init(
    buffer: BufferID, counter: CounterID? = nil, amount: Int = 0, base: Int = 0, advance: Int = 0,
    axes: [Axis], loops: [Loop], innerLoops: Int, vectors: Range<Int>, elements: Range<Int>,
    fill: Float = 0
  ) {
    precondition(innerLoops <= loops.count && loops.count <= Self.maximumRank)
    self.buffer = buffer
    self.counter = counter
    self.amount = amount
    self.base = base
    self.advance = advance
    self.axes = axes
    self.loops = loops
    self.innerLoops = innerLoops
    self.vectors = vectors
    self.elements = elements
    self.fill = fill
  }

  /// The number of elements that one execution reads or writes.
  public var count: Int { vectors.count * elements.count }
}
