import Program

extension Prover {
  /// Follows the code of the host and of the slices of a GDPU where it adds up what chains have
  /// brought, and finds where it writes over that.
  mutating func followDigitalCode() {
    for buffer in sums.keys.sorted() { checkDisjoint(buffer) }
    var results: [BufferID: Int] = [:]
    for (index, layer) in layers.enumerated() {
      if layer.matrix.state == nil, let result = layer.result { results[result] = index }
    }
    for stream in program.streams.indices
    where Opcode.Units.digital.contains(program.streams[stream].unit.kind) {
      followDigitalCode(of: stream, results)
    }
  }

  private mutating func followDigitalCode(of stream: Int, _ results: [BufferID: Int]) {
    for (number, instruction) in program.streams[stream].code.enumerated() {
      guard instruction.opcode.row.operands.first == .destination else { continue }
      let place = Place(stream: stream, instruction: number)
      let destination = descriptor(instruction, 0)
      if let (sum, rectangle) = sum(instruction, at: place) {
        // What is read and written in one place is no second write.
        let isInPlace = (1..<instruction.operands.count).contains {
          instruction.opcode.row.operands[$0] == .source
            && descriptor(instruction, $0).buffer == destination.buffer
        }
        if isInPlace { sums[destination.buffer]?[rectangle] = nil }
        if layers[sum.layer].matrix.state != nil { markAsAdded(instruction, rectangle) }
        note(sum, at: rectangle, through: destination)
      } else if loop(place) != nil {
        // What the gates of a step make of their sums is not followed.
      } else if let layer = results[destination.buffer] {
        report(
          layer: layer, at: place,
          "writes into buffer \"\(program.buffers[destination.buffer.index].name)\", which holds "
            + "sums of the layer")
      } else {
        // Elsewhere the sums are gone: what is made of them later is none of the layer's results.
        sums[destination.buffer] = nil
      }
    }
  }

  /// What an instruction makes of sums: their sum, or a sum with negative numbers made
  /// 0; `nil` if it is another instruction.
  private mutating func sum(_ instruction: Instruction, at place: Place)
    -> (PartialSum, Rectangle)?
  {
    switch instruction.opcode {
    case .zip where instruction.function == ZipFunction.add.rawValue:
      guard let (a, rectangle) = known(descriptor(instruction, 1)),
        let (b, other) = known(descriptor(instruction, 2)), rectangle == other, a.layer == b.layer
      else { return nil }
      if layers[a.layer].matrix.state != nil {
        guard !a.isAdded, !b.isAdded,
          descriptor(instruction, 1).buffer != descriptor(instruction, 2).buffer
        else { return nil }
        if let first = a.state, let second = b.state, first != second {
          report(layer: a.layer, at: place, "adds products of different states")
        }
      }
      if a.isRectified || b.isRectified {
        // Elsewhere it is an addition of the network's own.
        guard descriptor(instruction, 0).buffer == layers[a.layer].result else { return nil }
        report(layer: a.layer, at: place, "applies ReLU before the sum is complete")
      }
      return (
        PartialSum(
          layer: a.layer, blocks: a.blocks + b.blocks, biases: a.biases + b.biases,
          isRectified: false, place: place, state: a.state ?? b.state), rectangle
      )
    case .map
    where instruction.function == MapFunction.clip.rawValue
      && instruction.immediates == [0, .infinity]:
      guard let (unclipped, rectangle) = known(descriptor(instruction, 1)),
        layers[unclipped.layer].matrix.state == nil
      else { return nil }
      var sum = unclipped
      sum.isRectified = true
      sum.place = place
      return (sum, rectangle)
    default: return nil
    }
  }

  /// Notes that the sums that an instruction reads are part of another one.
  private mutating func markAsAdded(_ instruction: Instruction, _ rectangle: Rectangle) {
    for operand in [1, 2] {
      sums[descriptor(instruction, operand).buffer]?[rectangle]?.isAdded = true
    }
  }

  /// The sum that a walk reads, if it reads exactly one.
  private func known(_ walk: Descriptor) -> (PartialSum, Rectangle)? {
    let found = sums[walk.buffer, default: [:]]
    let rectangle =
      isInSlice(walk.buffer) && found.count == 1
      ? found.keys.first! : Rectangle(vectors: walk.vectors, columns: walk.elements)
    guard let sum = found[rectangle] else { return nil }
    let expected = expectedWalk(of: rectangle, layer: sum.layer, in: walk.buffer)
    return walk.agrees(with: expected) ? (sum, rectangle) : nil
  }

  /// Checks that no two sums of a memory lie over each other.
  private mutating func checkDisjoint(_ buffer: BufferID) {
    let found = sums[buffer, default: [:]]
    guard let sum = found.values.min(by: { $0.layer < $1.layer }) else { return }
    if found.values.contains(where: { $0.layer != sum.layer }) {
      report(
        layer: sum.layer,
        "another layer writes into buffer \"\(program.buffers[buffer.index].name)\"")
    } else if let fault = fault(of: Array(found.keys)) {
      report(
        layer: sum.layer, "in buffer \"\(program.buffers[buffer.index].name)\", \(fault)")
    }
  }

  /// Checks that the result of a layer is written whole, each element once, from all its blocks.
  mutating func checkResult(of layer: Int) {
    if let state = layers[layer].matrix.state { return checkSteps(of: layer, state) }
    guard let result = layers[layer].result else {
      report(layer: layer, "its result has no memory")
      return
    }
    checkSums(
      sums[result, default: [:]].filter { $0.value.layer == layer }, of: layer, in: "in its result")
  }

  /// Checks that sums of a layer cover all its vectors and columns, each once, from all blocks.
  mutating func checkSums(
    _ found: [Rectangle: PartialSum], of layer: Int, in place: String
  ) {
    let matrix = layers[layer].matrix
    if let fault = fault(
      of: Array(found.keys),
      whole: Rectangle(vectors: 0..<matrix.vectors, columns: 0..<matrix.columns))
    {
      report(layer: layer, "\(place), \(fault)")
    }
    for (rectangle, sum) in found.sorted(by: { $0.value.place < $1.value.place }) {
      checkRows(of: sum, rectangle)
      let hasBias = matrix.bias.map { !$0[rectangle.columns].allSatisfy { $0 == 0 } } ?? false
      if sum.biases != (hasBias ? 1 : 0) {
        report(layer: layer, at: sum.place, "the bias is added \(sum.biases) times")
      }
      if sum.isRectified != matrix.isRectified {
        report(
          layer: layer, at: sum.place,
          "negative results \(sum.isRectified ? "become 0, but the node has no ReLU" : "stay, but the node has a ReLU")"
        )
      }
    }
  }

  /// Checks that the blocks of a sum hold every row that counts, each once.
  private mutating func checkRows(of sum: PartialSum, _ rectangle: Rectangle) {
    let needed = layers[sum.layer].matrix.rows(of: rectangle.columns)
    let blocks = sum.blocks.sorted {
      let (a, b) = (program.blocks[$0.index].rows, program.blocks[$1.index].rows)
      return (a.lowerBound, a.upperBound) < (b.lowerBound, b.upperBound)
    }
    var covered = needed.lowerBound
    var last: Range<Int>?
    for block in blocks {
      let rows = program.blocks[block.index].rows
      if let last, rows.lowerBound < last.upperBound {
        report(
          layer: sum.layer, block: block, at: sum.place,
          "rows \(rows.lowerBound)..<\(min(rows.upperBound, last.upperBound)) are added twice")
      }
      if rows.lowerBound > covered && covered < needed.upperBound {
        report(
          layer: sum.layer, at: sum.place, "rows \(covered)..<\(rows.lowerBound) are not added")
      }
      covered = max(covered, rows.upperBound)
      last = rows
    }
    if covered < needed.upperBound {
      report(
        layer: sum.layer, at: sum.place, "rows \(covered)..<\(needed.upperBound) are not added")
    }
  }

  /// Where rectangles of the same columns overlap in vectors, or their columns overlap in part; with
  /// `whole`, also where they leave something of it out.
  private func fault(of rectangles: [Rectangle], whole: Rectangle? = nil) -> String? {
    let ordered = rectangles.sorted {
      ($0.columns.lowerBound, $0.columns.upperBound, $0.vectors.lowerBound)
        < ($1.columns.lowerBound, $1.columns.upperBound, $1.vectors.lowerBound)
    }
    var columns = 0..<0
    var vector = whole?.vectors.upperBound ?? 0
    for rectangle in ordered {
      if rectangle.columns != columns {
        if let whole, vector < whole.vectors.upperBound {
          return "vectors from \(vector) on of columns \(columns) are not written"
        }
        if rectangle.columns.lowerBound < columns.upperBound {
          return "columns \(columns) and \(rectangle.columns) are both written"
        }
        if whole != nil && rectangle.columns.lowerBound > columns.upperBound {
          return "columns \(columns.upperBound)..<\(rectangle.columns.lowerBound) are not written"
        }
        columns = rectangle.columns
        vector = 0
      }
      if rectangle.vectors.lowerBound < vector {
        return "vectors from \(rectangle.vectors.lowerBound) on of columns \(columns) are written "
          + "twice"
      }
      if whole != nil && rectangle.vectors.lowerBound > vector {
        return "vectors \(vector)..<\(rectangle.vectors.lowerBound) of columns \(columns) are not "
          + "written"
      }
      vector = rectangle.vectors.upperBound
    }
    guard let whole else { return nil }
    if vector < whole.vectors.upperBound {
      return "vectors from \(vector) on of columns \(columns) are not written"
    }
    return columns.upperBound < whole.columns.upperBound
      ? "columns from \(columns.upperBound) on are not written" : nil
  }
}

extension Place: Comparable {
  static func < (a: Place, b: Place) -> Bool {
    (a.stream, a.instruction) < (b.stream, b.instruction)
  }
}
