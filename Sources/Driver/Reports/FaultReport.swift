import Basics
import Passes

/// What faults of chips cost a compiled network.
struct FaultReport: Encodable {
  /// What they cost a layer.
  struct Layer: Encodable {
    var node: String
    /// The stuck sides of conductance pairs that it uses.
    var stuck: Int
    /// The root of the mean squared loss of its columns, in parts of their conductances: where lines keep their
    /// order, and as it is compiled.
    var lossAsTheyAre: Double
    var loss: Double
  }

  /// The file of faults.
  var file: String
  var deadCores: Int
  /// The cores whose lines got an order of their own.
  var orderedCores: Int
  var layers: [Layer]

  init(_ figures: FaultFigures, file: String) {
    self.file = file
    (deadCores, orderedCores) = (figures.deadCores, figures.orderedCores)
    layers = figures.layers.map {
      Layer(node: $0.node, stuck: $0.stuck, lossAsTheyAre: $0.lossAsTheyAre, loss: $0.loss)
    }
  }

  /// Lines of the report: what is left out, and the layer that loses most.
  var text: String {
    let stuck = layers.reduce(0) { $0 + $1.stuck }
    var text = "faults         \(printable(file)): \(deadCores) dead "
    text += deadCores == 1 ? "core" : "cores"
    text += " left out, \(grouped(stuck)) stuck sides in use\n"
    guard let worst = layers.max(by: { $0.loss < $1.loss }), stuck > 0 || worst.loss > 0 else {
      return text
    }
    func share(_ loss: Double) -> String { "\(significant(100 * loss)) %" }
    return text
      + "               columns of \(printable(worst.node)) lose most: \(share(worst.loss)); "
      + "\(share(worst.lossAsTheyAre)) if lines kept their order\n"
  }
}
