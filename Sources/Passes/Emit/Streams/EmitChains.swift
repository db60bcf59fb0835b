import Chip
import IR
import Program

extension Emitter {
  /// Writes code that multiplies the vectors of `source` with a layer's matrix.
  ///
  /// Results go to `result`, of `count` elements, as the destination of the layer's matrix says.
  mutating func multiply(
    with layer: CrossbarLayer, _ source: ProductSource, to result: BufferID, count: Int
  ) {
    let partials = writeChains(of: layer, source, to: result, count: count)
    add(partials, of: layer, to: result)
  }

  /// Writes the part of a product that is on crossbars, and returns where the host gets the sums that no
  /// link adds up.
  mutating func writeChains(
    of layer: CrossbarLayer, _ source: ProductSource, to result: BufferID, count: Int
  ) -> Partials {
    let partials = Partials(of: layer, named: program.buffers[result.index].name, count, &self)
    for chain in layer.chains {
      let target = layer.shape.product.walk(
        chain.columns, layer.shape.vectors(of: chain.replica),
        in: chain.isWhole ? result : partials.buffers[chain.number])
      emit(chain, of: layer, source, to: target)
    }
    return partials
  }

  /// Lets the host add what no link has added up to `result`, once all units are written that write
  /// to it: they run in any order, so the host has to wait for all of them.
  mutating func add(_ partials: Partials, of layer: CrossbarLayer, to result: BufferID) {
    guard !partials.buffers.isEmpty else { return }
    // Chains that are whole write the same memory: within a step, they come before the host.
    if steps != nil {
      let count = program.buffers[result.index].count
      waitFor(View(result, shape: [count]), in: .host)
    }
    for chain in layer.chains where !chain.isWhole && chain.number == 0 {
      partials.add(
        chain.columns, layer.shape.vectors(of: chain.replica), segments: chain.segments,
        product: layer.shape.product, to: result, emitter: &self)
    }
  }

  /// Writes the code of blocks on linked cores, each of which adds its result to that of the one
  /// before.
  mutating func emit(
    _ chain: Chain, of layer: CrossbarLayer, _ productSource: ProductSource, to result: Descriptor
  ) {
    let vectors = layer.shape.vectors(of: chain.replica)
    var incoming: (descriptor: Descriptor, scale: Float)?
    for (hop, core) in chain.segment.cores.enumerated() {
      let row = chain.firstRow + hop
      let chip = chain.segment.chip
      let isEnd = hop == chain.segment.cores.count - 1
      var (source, pace) = productSource.walk(rows: chain.rows[row])
      source.vectors = vectors
      let columns = addMatrix(
        "columns\(core.index)", .columns(chip: chip, core: core), vectors.count,
        chain.columns.count)
      if let pace {
        append(
          .crossbar(chip: chip, core: core),
          Instruction(.wait, operands: [self.source(pace).rawValue]))
      }
      let read = self.source(source)
      append(
        .crossbar(chip: chip, core: core),
        Instruction(
          .mvm,
          operands: [
            destination(columns).rawValue, read.rawValue, UInt32(chain.firstTile + hop),
          ], immediates: [layer.shape.product.scale(of: chain.rows[row], layer.ranges)]))

      let target: Descriptor
      if isEnd {
        target = result
      } else {
        let next = chain.segment.cores[hop + 1]
        target = addMatrix(
          "link\(core.index)·\(next.index)", .link(chip: chip, source: core, target: next),
          vectors.count, chain.columns.count)
      }
      let scale =
        isEnd && chain.isWhole
        ? layer.ranges.outputScale
        : layer.ranges.partialScale(
          stack: chain.stack, from: chain.firstRow, through: row, codes: layer.codes)
      let columnSource = self.source(columns).rawValue
      let linkSource = incoming.map { self.source($0.descriptor).rawValue }
      append(
        .ldpu(chip: chip, core: core),
        Instruction(
          .affine,
          flags: isEnd && chain.isWhole && layer.shape.product.relu ? [.reluAfter] : [],
          operands: [
            destination(target).rawValue, columnSource, linkSource ?? Instruction.none,
            UInt32(chain.firstAffine + hop),
          ], immediates: [scale, incoming?.scale ?? 0]))
      incoming = (target, scale)
    }
  }

  /// Adds a memory of `vectors` rows and `columns` columns and returns the walk through it.
  private mutating func addMatrix(
    _ suffix: String, _ space: Buffer.Space, _ vectors: Int, _ columns: Int
  ) -> Descriptor {
    let buffer = addBuffer(
      name: "\(node.name)·\(suffix)", space: space, element: .f32, count: vectors * columns)
    return View(buffer, shape: [vectors, columns]).descriptor(inner: 1)!
  }
}

/// The memories in which the host receives what no link adds up.
struct Partials {
  /// One a segment, each of the size of the layer's result.
  fileprivate var buffers: [BufferID] = []

  fileprivate init(
    of layer: CrossbarLayer, named result: String, _ count: Int, _ emitter: inout Emitter
  ) {
    let segments = layer.chains.map(\.segments).max() ?? 1
    guard segments > 1 else { return }
    buffers = (0..<segments).map { number in
      emitter.addBuffer(
        name: "\(result)·partial\(number)", space: .host, element: .f32, count: count)
    }
  }

  /// Lets the host add the segments' sums of some vectors and columns.
  fileprivate func add(
    _ columns: Range<Int>, _ vectors: Range<Int>, segments: Int, product: Product,
    to result: BufferID, emitter: inout Emitter
  ) {
    func through(_ buffer: BufferID) -> Descriptor { product.walk(columns, vectors, in: buffer) }
    var sum = buffers[0]
    for number in 1..<segments {
      let sources = [
        emitter.source(through(sum)), emitter.source(through(buffers[number])),
      ]
      sum = result
      emitter.hostCode.append(
        Instruction(
          .zip, function: ZipFunction.add.rawValue,
          operands: [emitter.hostDestination(through(sum)).rawValue] + sources.map(\.rawValue)))
    }
    if product.relu {
      let source = emitter.source(through(result))
      emitter.hostCode.append(
        Instruction(
          .map, function: MapFunction.clip.rawValue,
          operands: [emitter.hostDestination(through(result)).rawValue, source.rawValue],
          immediates: [0, .infinity]))
    }
  }
}
