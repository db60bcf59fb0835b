/// Finds what a mistyped word may have meant.
public enum NearMatch {
  /// "did you mean …?" with the nearest of `candidates`, or the paths `elsewhere` that end in the
  /// word, or `nil` if nothing is near.
  public static func suggestion(
    for word: String, among candidates: [String], elsewhere: [String] = []
  ) -> String? {
    guard word.utf8.count <= 100 else { return nil }
    let nearest = candidates.map { (distance(word, $0), $0) }.min { $0.0 < $1.0 }
    if let nearest, nearest.0 <= max(1, word.utf8.count / 4) {
      return "did you mean \(nearest.1)?"
    }
    return elsewhere.isEmpty ? nil : "did you mean \(elsewhere.joined(separator: " or "))?"
  }

  /// The fewest insertions, deletions and substitutions of bytes, and exchanges of neighbours,
  /// that turn `a` into `b` (optimal string alignment).
  static func distance(_ a: String, _ b: String) -> Int {
    let a = Array(a.utf8)
    let b = Array(b.utf8)
    var rows = [Array(0...b.count)]
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        let substitution = rows[i][j] + (a[i] == b[j] ? 0 : 1)
        var best = min(rows[i][j + 1] + 1, row[j] + 1, substitution)
        if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
          best = min(best, rows[i - 1][j - 1] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
