import IR
import Program

extension Emitter {
  /// The most products of pairs of elements that lie in memory at a time.
  private static let mostProducts = 1 << 20

  /// Sums over the last `inner` dimensions of the products of `a` and `b`, whose shapes are equal.
  mutating func contract(_ a: View, _ b: View, inner: Int, to y: View) {
    if isFloating(y) {
      host(.contract, to: (y, 0), from: [(a, inner), (b, inner)])
    } else {
      contractIntegers(a, b, inner: inner, to: y)
    }
  }

  /// Sums of products of integers, which wrap as those of their type do: the products of pairs of
  /// elements, then their sums, some steps of the first inner dimension at a time.
  private mutating func contractIntegers(_ a: View, _ b: View, inner: Int, to y: View) {
    guard inner > 0 else { return combine(.mul, a, b, to: y) }
    let axis = a.loops.count - inner
    let steps = a.shape[axis]
    let pairs = a.shape.reduce(1, *)
    guard pairs > 0 else { return host(.fill, to: y, from: [], immediates: [0]) }
    let most = max(Self.mostProducts / (pairs / steps), 1)
    for start in stride(from: 0, to: steps, by: most) {
      let count = min(most, steps - start)
      var shape = a.shape
      shape[axis] = count
      let products = scratch("products", element: element(of: y), shape: shape)
      combine(
        .mul, a.sliced(axis, start: start, count: count),
        b.sliced(axis, start: start, count: count),
        to: products)
      if start == 0 {
        reduce(.sum, products, inner: inner, to: y)
      } else {
        let sums = scratch("sums", element: element(of: y), shape: y.shape)
        reduce(.sum, products, inner: inner, to: sums)
        combine(.add, y, sums, to: y)
      }
    }
  }
}
