import Chip
import IR

/// Products with constant weights, on tiles.
extension WorkCollector {
  mutating func addProduct(_ index: Int, _ node: Node) {
    let layer = partition.layers[index]
    let product = layer.product
    guard product.gates == nil else {
      return refuse(node, "has a state that tiles would wait for at every step")
    }
    guard let stream = streams[product.input] else { return }
    var need = need(stream, vectors: layer.vectors)
    if let windows = product.windows, case .columnByColumn = product.order, !windows.isPointwise {
      need = self.need(stream, of: windows.needs)
    }
    var tileStages: [[StageID]] = []
    var rowsOf: [Range<Int>: [StageID]] = [:]
    for (stack, blocks) in layer.stacks.enumerated() {
      var stages: [StageID] = []
      for (row, rows) in blocks.rows.enumerated() {
        let block = PackedBlock(
          layer: index, replica: 0, stack: stack, row: row, firstRow: 0, firstColumn: 0)
        guard let tile = tiles[block] else { preconditionFailure("every block has a tile") }
        let stage = work.add(
          FabricStage(
            kind: .mvm, name: node.name, blocks: [tile], vectors: layer.vectors,
            time: chip.crossbar.mvmTime.ticks,
            energy: mvmEnergy(rows: rows.count, columns: blocks.columns.count)))
        stages.append(stage)
        rowsOf[rows, default: []].append(stage)
      }
      tileStages.append(stages)
    }
    for (rows, targets) in rowsOf.sorted(by: { $0.value[0] < $1.value[0] }) {
      send(product.input, rows, to: targets, vectors: layer.vectors, need: need)
    }
    let parts = sums(of: layer, tileStages, node)
    streams[product.result] = FabricStream(
      vectors: layer.vectors, parts: parts,
      axis: product.columnAxis ?? graph[product.result].type.fixedShape.map { $0.count - 1 },
      depth: stream.depth + 2)
  }

  /// The energy of an MVM that uses a part of a tile, in pJ.
  private func mvmEnergy(rows: Int, columns: Int) -> Double {
    let crossbar = chip.crossbar
    let (rowPart, columnPart) = (
      Double(rows) / Double(crossbar.rows), Double(columns) / Double(crossbar.columns)
    )
    let share = fabric.rowShare
    return crossbar.mvmEnergy * 1000 * (share * rowPart + (1 - share) * columnPart)
  }

  /// What sends the columns of a layer: tiles alone, or light cores of the chip of the last tile that add what several
  /// tiles find.
  private mutating func sums(
    of layer: Layer, _ tiles: [[StageID]], _ node: Node
  ) -> [FabricStream.Part] {
    var parts: [FabricStream.Part] = []
    var first = 0
    while first < tiles.count {
      let stack = layer.stacks[first]
      guard tiles[first].count > 1 else {
        parts.append(.init(stage: tiles[first][0], elements: stack.columns.count))
        first += 1
        continue
      }
      func home(_ stack: Int) -> Int { work[tiles[stack].last!].blocks[0].chip }
      var end = first + 1
      while end < tiles.count, tiles[end].count > 1, home(end) == home(first) { end += 1 }
      let range = first..<end
      let width = range.reduce(0) { $0 + layer.stacks[$1].columns.count }
      let adds = range.map { tiles[$0].count }.max()! - 1
      let core = fabric.light
      let time =
        Double(adds) * core.addTime(width) + (layer.product.relu ? core.rectifyTime(width) : 0)
      let energy =
        Double(adds) * core.addEnergy(width) + (layer.product.relu ? core.rectifyEnergy(width) : 0)
      let stage = work.add(
        FabricStage(
          kind: .light, name: node.name, blocks: work.mesh.lightCores(of: home(first)),
          vectors: layer.vectors, time: time.ticks, energy: energy))
      for index in range {
        for tile in tiles[index] {
          work.connect(
            FabricFlow(
              source: tile, targets: [stage], elements: layer.stacks[index].columns.count,
              vectors: layer.vectors, need: work.needOfReaders(of: tile)))
        }
      }
      parts.append(.init(stage: stage, elements: width))
      first = end
    }
    return parts
  }
}

extension Windows {
  /// Whether every window is one place of the input, in order.
  fileprivate var isPointwise: Bool {
    !arePadded && window.kernel.allSatisfy { $0 == 1 } && window.strides.allSatisfy { $0 == 1 }
  }

  /// Which vectors of the input its windows read.
  fileprivate var needs: WindowNeeds {
    WindowNeeds(
      input: [input[0]] + input[2...], output: [output[0]] + output[2...],
      window: window.withBatch, begin: [0] + begin)
  }
}

extension Window {
  /// The same windows with a dimension for the images of a batch.
  var withBatch: Window {
    Window(
      kernel: [1] + kernel, strides: [1] + strides, dilations: [1] + dilations, padding: .valid)
  }
}

extension Partition {
  /// The tile of every block: tiles are taken in order, and all chips of a series take as many, as far as blocks whose
  /// results are added stay together.
  func fabricTiles(of mesh: FabricMesh) -> [PackedBlock: FabricBlock] {
    let crossbars = virtualCrossbars
    let starts = crossbars.indices.map { packing != nil || crossbars[$0].blocks[0].row == 0 }
    var tiles: [PackedBlock: FabricBlock] = [:]
    var first = 0
    for chip in 0..<mesh.chips {
      let places = mesh.blocks(.tile, of: chip)
      let left = mesh.chips - 1 - chip
      let least = max(first, crossbars.count - left * places.count)
      let most = min(first + places.count, crossbars.count)
      let fair = first + (crossbars.count - first + left) / (left + 1)
      let ends = (least...max(least, most)).filter { $0 == crossbars.count || starts[$0] }
      let end = ends.min { abs($0 - fair) < abs($1 - fair) } ?? min(max(fair, least), most)
      for (place, crossbar) in zip(places, crossbars[first..<end]) {
        for var block in crossbar.blocks {
          (block.firstRow, block.firstColumn) = (0, 0)
          tiles[block] = place
        }
      }
      first = end
    }
    return tiles
  }
}
