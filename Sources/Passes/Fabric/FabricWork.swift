import Chip

/// Names a stage of a network on a fabric.
public struct StageID: Hashable, Comparable, Sendable {
  public let index: Int

  public static func < (a: StageID, b: StageID) -> Bool { a.index < b.index }
}

/// Work that blocks of a fabric do, vector by vector, of one inference after the other.
public struct FabricStage: Sendable {
  /// What is done.
  public enum Kind: String, Hashable, Sendable {
    /// Vectors enter by a port.
    case input
    /// A tile multiplies vectors with a block of weights.
    case mvm
    /// Light cores take the vectors in turn: sums, functions, normalisations.
    case light
    /// One light core sums all vectors of an inference.
    case accumulate
    /// A heavy core computes the attention of some heads once all vectors are there.
    case attention
    /// A memory core holds vectors until they are read.
    case store
    /// Vectors leave by a port.
    case output
  }

  public var kind: Kind
  /// The node that it computes, or the value that it holds.
  public var name: String
  /// The block; of light work, all light cores of a chip, which take the vectors in turn.
  public var blocks: [FabricBlock]
  /// The vectors that come in an inference, each of which is worked on once; attention works once on all.
  public var vectors: Int
  /// The time for one vector, in ns.
  public var time: Int
  /// The energy for one vector, in pJ.
  public var energy: Double
  /// What it reads.
  public var inputs: [Int] = []

  /// How long after its first token attention can begin, if one comes every `period` ns.
  ///
  /// Tokens are worked on in the order in which they come, each with those before it: token j, counted from 0, when
  /// (j / tokens)² of the work is done.
  func leadOfAttention(tokens: Int, period: Int) -> Int {
    (0..<tokens).reduce(0) { lead, token in
      max(lead, token * period - time * token * token / (tokens * tokens))
    }
  }

  /// How often it works in an inference.
  var runs: Int { kind == .attention ? 1 : vectors }
}

/// Vectors that one stage sends to others.
public struct FabricFlow: Sendable {
  /// Which vectors must have come before the first one can be worked on, or sent by a memory core.
  public enum Need: Sendable {
    /// Vector by vector.
    case each
    /// All of an inference.
    case whole
    /// As the windows of a convolution or a pooling need them.
    case windows(WindowNeeds)
  }

  public var source: StageID
  public var targets: [StageID]
  /// The activations of one vector.
  public var elements: Int
  /// The vectors of an inference.
  public var vectors: Int
  public var need: Need
}

/// Which vectors of the input the windows of an operator read.
public struct WindowNeeds: Sendable {
  /// The last vector that each window reads.
  public var last: [Int]
  /// The last window that reads each vector, −1 where none does.
  public var lastUse: [Int]
}

/// A network as stages that send each other vectors.
public struct FabricWork: Sendable {
  public var mesh: FabricMesh
  public var stages: [FabricStage] = []
  public var flows: [FabricFlow] = []

  public subscript(id: StageID) -> FabricStage {
    get { stages[id.index] }
    set { stages[id.index] = newValue }
  }

  /// The stages in an order in which each stands behind those that it reads from, else as they were added.
  var order: [StageID] {
    var order: [StageID] = []
    var isPlaced = Array(repeating: false, count: stages.count)
    for index in stages.indices {
      var open = [StageID(index: index)]
      while let stage = open.last {
        let missing = self[stage].inputs.map { flows[$0].source }.filter { !isPlaced[$0.index] }
        if missing.isEmpty {
          open.removeLast()
          if !isPlaced[stage.index] { order.append(stage) }
          isPlaced[stage.index] = true
        } else {
          open += missing
        }
      }
    }
    return order
  }

  /// What readers of a stage need at least: vectors one by one, but all of those that are put together in memory.
  func needOfReaders(of stage: StageID) -> FabricFlow.Need {
    self[stage].kind == .store ? .whole : .each
  }

  mutating func add(_ stage: FabricStage) -> StageID {
    stages.append(stage)
    return StageID(index: stages.count - 1)
  }

  /// Adds a flow, in pieces that the wires carry at once.
  mutating func connect(_ flow: FabricFlow) {
    guard flow.vectors > 0 else { return }
    for first in stride(from: 0, to: flow.elements, by: mesh.fabric.wires) {
      var piece = flow
      piece.elements = min(flow.elements - first, mesh.fabric.wires)
      for target in flow.targets { self[target].inputs.append(flows.count) }
      flows.append(piece)
    }
  }
}
