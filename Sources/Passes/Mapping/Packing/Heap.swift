/// A queue that gives its least element first.
struct Heap<Element: Comparable> {
  private var elements: [Element] = []

  /// Whether there is no element.
  var isEmpty: Bool { elements.isEmpty }

  /// Adds an element.
  mutating func insert(_ element: Element) {
    var index = elements.count
    elements.append(element)
    while index > 0, element < elements[(index - 1) / 2] {
      elements[index] = elements[(index - 1) / 2]
      index = (index - 1) / 2
    }
    elements[index] = element
  }

  /// Takes the least element out; `nil` if there is none.
  mutating func removeFirst() -> Element? {
    guard let first = elements.first, let last = elements.popLast() else { return nil }
    guard !elements.isEmpty else { return first }
    var index = 0
    while true {
      var child = 2 * index + 1
      guard child < elements.count else { break }
      if child + 1 < elements.count && elements[child + 1] < elements[child] { child += 1 }
      guard elements[child] < last else { break }
      elements[index] = elements[child]
      index = child
    }
    elements[index] = last
    return first
  }
}
