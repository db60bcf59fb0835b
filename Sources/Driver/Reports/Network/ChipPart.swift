import Chip

/// A chip as the page draws it.
struct ChipPart: Encodable {
  /// How cores are connected.
  enum Topology: String, Encodable { case all, mesh, listed }

  var name: String
  var summary: String
  var source: String
  /// The paths of the figures that no publication gives.
  var assumed: [String]
  /// The cores, and the word and bit lines of each.
  var coreRows: Int
  var coreColumns: Int
  var rows: Int
  var columns: Int
  var gMax: Double
  var devicesPerPolarity: Int
  var topology: Topology
  /// From which core to which, where links are listed.
  var links: [[Int]]
  /// From which core to which GDPU slice.
  var sliceLinks: [[Int]]
  var slices: Int

  init(_ chip: Chip) {
    name = chip.name
    summary = chip.summary
    source = chip.source
    assumed = chip.assumed
    (coreRows, coreColumns) = (chip.cores.rows, chip.cores.columns)
    (rows, columns) = (chip.crossbar.rows, chip.crossbar.columns)
    gMax = chip.crossbar.gMax
    devicesPerPolarity = chip.crossbar.devicesPerPolarity
    slices = chip.gdpu?.count ?? 0
    (links, sliceLinks) = ([], [])
    switch chip.links.topology {
    case .all: topology = .all
    case .mesh: topology = .mesh
    case .listed(let list):
      topology = .listed
      for link in list.links {
        switch link.target {
        case .core(let core):
          let ends = [link.source.index, core.index]
          if links.last != ends { links.append(ends) }
        case .gdpu(let slice):
          let ends = [link.source.index, slice]
          if sliceLinks.last != ends { sliceLinks.append(ends) }
        }
      }
    }
  }
}
