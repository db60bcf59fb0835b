import Program
import Simulator

/// What every unit does in an inference with the host, in few enough pieces to be drawn.
struct Timeline: Encodable {
  /// The work of a unit or a connection.
  struct Track: Encodable {
    var name: String
    /// The chip; −1 of the host and its connections.
    var chip: Int
    /// Five numbers a piece: the number of the name, when it begins, how long it is and how long of that is work, in ns, and
    /// how many vectors or transfers it has.
    var pieces: [Double]
  }

  var latencyNs: Double
  /// What pieces are named by: nodes, or of connections the unit at the other end.
  var names: [String]
  var tracks: [Track]
  /// Pieces less than this apart, in ns, are joined; 0 where none are.
  var mergedNs: Double

  /// The most pieces that are shown.
  private static let limit = 60_000

  /// Takes the pieces of `trace`, joined where there are too many, without converters and links: these have the times
  /// of their crossbars and LDPUs.
  init(_ trace: Trace, latency: Double) {
    latencyNs = latency
    mergedNs = 0
    names = []
    tracks = []
    let groups = Dictionary(
      grouping: trace.spans.filter { $0.track.hasTimesOfItsOwn }, by: \.track
    ).sorted { $0.key < $1.key }
    var joined = groups.map(\.value)
    var distance = latency / 20_000
    while joined.reduce(0, { $0 + $1.count }) > Self.limit, distance < latency {
      joined = joined.map { Self.joined($0, within: distance) }
      mergedNs = distance
      distance *= 2
    }
    var numbers: [String: Int] = [:]
    for (group, spans) in zip(groups, joined) {
      var pieces: [Double] = []
      for span in spans {
        let number = numbers[span.name] ?? names.count
        if number == names.count {
          numbers[span.name] = number
          names.append(span.name)
        }
        pieces += [
          Double(number), Self.rounded(span.start), Self.rounded(span.end - span.start),
          Self.rounded(span.busy), Double(span.pieces),
        ]
      }
      tracks.append(Track(name: group.key.name, chip: group.key.chip ?? -1, pieces: pieces))
    }
  }

  /// `spans` with those of one name joined that are at most `distance` apart, and short ones with what they follow.
  private static func joined(_ spans: [Trace.Span], within distance: Double) -> [Trace.Span] {
    var result: [Trace.Span] = []
    for span in spans {
      guard let last = result.last, span.start - last.end <= distance,
        last.name == span.name || max(span.end - span.start, last.end - last.start) <= distance
      else {
        result.append(span)
        continue
      }
      let index = result.count - 1
      if span.busy > last.busy { result[index].name = span.name }
      result[index].end = max(last.end, span.end)
      result[index].busy += span.busy
      result[index].pieces += span.pieces
    }
    return result
  }

  /// `value` in ns to a thousandth.
  private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
