/// What can be written of a compilation: the product of a pass as text, the tile program as assembly, drawings of the
/// network and of the chips, the network as ONNX, or the program itself.
public struct Emission: Hashable, Sendable {
  /// The name on the command line.
  public let name: String
  /// The pass whose product it is.
  public let pass: Pass

  /// The tile program.
  public static let program = Emission(name: "program", pass: .check)
  /// The tile program as assembly.
  public static let assembly = Emission(name: "asm", pass: .check)

  /// The network as ONNX, as passes left it, with its places.
  public static let onnx = Emission(name: "onnx", pass: .place)

  /// The network as a graph in DOT.
  public static let dot = Emission(name: "dot", pass: .check)
  /// The floorplans of the chips as SVG.
  public static let svg = Emission(name: "svg", pass: .check)
  /// Where blocks lie, in the form that IBM publishes for HERMES.
  public static let tileMap = Emission(name: "tile-map", pass: .check)

  /// All that can be written, if the compiler has `passes`.
  public static func all(of passes: [Pass] = Pass.all) -> [Emission] {
    passes.filter { $0.product != .program }.map { Emission(name: $0.name, pass: $0) }
      + [assembly, dot, svg, tileMap, onnx, program]
  }

  /// The one with this name; `nil` if there is none.
  public init?(named name: String) {
    guard let known = Self.all().first(where: { $0.name == name }) else { return nil }
    self = known
  }

  private init(name: String, pass: Pass) { (self.name, self.pass) = (name, pass) }
}
