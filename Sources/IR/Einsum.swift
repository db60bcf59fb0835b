import Basics

/// An equation of Einsum, with the labels of each operand and of the result.
///
/// Equal labels are equal sizes; what the result does not name is summed over.
public struct Einsum: Hashable, Sendable {
  /// A name of a dimension: a letter, or one of those that an ellipsis stands for, counted from the
  /// last.
  public enum Label: Hashable, Sendable {
    case letter(UInt8)
    case broadcast(Int)
  }

  /// Why an equation has no meaning.
  public struct Fault: Error {
    /// What is wrong.
    public let message: String
  }

  /// The labels of each operand's dimensions.
  public let operands: [[Label]]
  /// The labels of the result's dimensions.
  public let result: [Label]

  /// Reads `equation` for operands of the ranks `ranks`; throws a `Fault` if they do not fit; an
  /// ellipsis stands for the dimensions that have no letter.
  public init(_ equation: String, ranks: [Int]) throws(Fault) {
    let text = Array(equation.utf8.filter { $0 != UInt8(ascii: " ") })
    var sides = [text]
    if let arrow = text.indices.dropLast().first(where: {
      text[$0] == UInt8(ascii: "-") && text[$0 + 1] == UInt8(ascii: ">")
    }) {
      sides = [Array(text[..<arrow]), Array(text[(arrow + 2)...])]
    }
    let terms = sides[0].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    guard terms.count == ranks.count else {
      throw Fault(message: "has \(terms.count) terms for \(ranks.count) operands")
    }
    var operands: [[Label]] = []
    var widest = 0
    for (term, rank) in zip(terms, ranks) {
      let parsed = try Self.parse(Array(term))
      let letters = parsed.letters.count
      guard parsed.ellipsis == nil ? letters == rank : letters <= rank else {
        throw Fault(message: "has a term of \(letters) letters for \(rank) dimensions")
      }
      widest = max(widest, rank - letters)
      operands.append(parsed.labels(broadcast: rank - letters))
    }
    self.operands = operands
    if sides.count == 2 {
      let parsed = try Self.parse(sides[1])
      result = parsed.labels(broadcast: parsed.ellipsis == nil ? 0 : widest)
      let known = Set(operands.joined())
      guard Set(result).count == result.count, result.allSatisfy(known.contains) else {
        throw Fault(message: "has a result with repeated or unknown letters")
      }
    } else {
      var uses = [Int](repeating: 0, count: 256)
      for case .letter(let letter) in operands.joined() { uses[Int(letter)] += 1 }
      let once = (0..<256).filter { uses[$0] == 1 }.map { Label.letter(UInt8($0)) }
      result = (0..<widest).reversed().map(Label.broadcast) + once
    }
  }

  private struct Term {
    var letters: [UInt8] = []
    /// The number of letters before the ellipsis.
    var ellipsis: Int?

    func labels(broadcast count: Int) -> [Label] {
      let place = ellipsis ?? letters.count
      return letters[..<place].map(Label.letter) + (0..<count).reversed().map(Label.broadcast)
        + letters[place...].map(Label.letter)
    }
  }

  private static func parse(_ text: [UInt8]) throws(Fault) -> Term {
    var term = Term()
    var index = 0
    while index < text.count {
      let byte = text[index]
      if (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z") {
        term.letters.append(byte)
        index += 1
      } else if text[index...].prefix(3).elementsEqual("...".utf8), term.ellipsis == nil {
        term.ellipsis = term.letters.count
        index += 3
      } else {
        throw Fault(message: "has a term other than letters and one ellipsis")
      }
    }
    return term
  }
}

extension Inference {
  func einsum(_ equation: String) throws(Diagnostics) -> ValueType {
    let element = type(0).element
    let ranks = node.operands.indices.compactMap { shape($0)?.count }
    guard ranks.count == node.operands.count else { return ValueType(element, nil) }
    let einsum: Einsum
    do throws(Einsum.Fault) {
      einsum = try Einsum(equation, ranks: ranks)
    } catch {
      throw fault("\(error.message): \(quoted(equation))")
    }
    var sizes: [Einsum.Label: Dimension] = [:]
    for (index, labels) in einsum.operands.enumerated() {
      for (label, size) in zip(labels, shape(index) ?? []) {
        guard let other = sizes[label] else {
          sizes[label] = size
          continue
        }
        if size == .fixed(1) { continue }
        guard let common = other == .fixed(1) ? size : unified(other, size) else {
          throw fault("has sizes \(other) and \(size) for one letter of \(quoted(equation))")
        }
        sizes[label] = common
      }
    }
    return ValueType(element, einsum.result.map { sizes[$0] ?? .fixed(1) })
  }
}
