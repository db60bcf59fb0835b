import Compiler
import Passes
import Program
import Simulator

/// What a network on a chip takes.
struct AccuracyCosts: Encodable, Hashable {
  /// The crossbars of one copy of every layer.
  var crossbars: Int
  /// The bytes between host and chip in an inference.
  var bytes: Int
  /// The time of an inference in ns, and its energy in nJ, both with the host; `nil` where they depend on
  /// the data.
  var latencyNs: Double?
  var energyNj: Double?
  /// The part of the multiply-accumulates of the network that the host does.
  var digitalShare: Double
  /// The MVMs of a calibration, at every time at which the chip is calibrated.
  var calibrationMultiplications: Int

  /// The cells of a row of a table.
  var cells: [String] {
    [
      "\(crossbars)", grouped(bytes), latencyNs.map { readable(nanoseconds: $0) } ?? "-",
      energyNj.map { "\(significant($0 / 1000)) µJ" } ?? "-", fixed(100 * digitalShare, 2),
      grouped(calibrationMultiplications),
    ]
  }
  /// The headings of those cells.
  static let headings: [Table.Column] = [
    "crossbars", .init("bytes", rank: 2), "latency", "energy", .init("digital MACs, %", rank: 3),
    .init("calibration, MVMs", rank: 4),
  ]
}

/// The products with constant weights of a network, by name, with their multiply-accumulates.
struct NetworkProducts {
  private(set) var names: [String] = []
  private var macs: [String: Int] = [:]

  /// Finds the products of `model`.
  init(_ model: PreparedModel) throws {
    let partition = try model.cut()
    names = partition.layers.map { partition.graph[$0.node].name }
    for layer in partition.layers { macs[partition.graph[layer.node].name] = layer.macs }
    for product in partition.digital { macs[partition.graph[product.node].name] = product.macs }
  }

  /// The part of all multiply-accumulates that `nodes` have.
  func share(of nodes: [String]) -> Double {
    let all = macs.values.reduce(0, +)
    return all == 0 ? 0 : Double(nodes.reduce(0) { $0 + (macs[$1] ?? 0) }) / Double(all)
  }

  /// As many of `ranked`, the first ones first, as have at most `budget` of the multiply-accumulates.
  func within(_ budget: Double, of ranked: [String]) -> [String] {
    ranked.reduce(into: [String]()) { chosen, node in
      if share(of: chosen + [node]) <= budget { chosen.append(node) }
    }
  }
}

extension CompiledModel {
  /// What the program takes, of a network with `products`; the last two as a simulation counted them.
  func costs(
    of products: NetworkProducts, bytes: Int, calibrationMultiplications: Int
  ) throws -> AccuracyCosts {
    let program = program.program
    guard let partition = compilation.partition else {
      preconditionFailure("a program has its products in blocks")
    }
    let timing = program.hasBranches ? nil : try Timing(of: program, host: true, limits: .none)
    return AccuracyCosts(
      crossbars: partition.blocks, bytes: bytes, latencyNs: timing?.latency,
      energyNj: timing?.energy.total,
      digitalShare: products.share(of: partition.digital.map { partition.graph[$0.node].name }),
      calibrationMultiplications: calibrationMultiplications)
  }
}
