import Chip
import IR

/// Work of light and heavy cores.
extension WorkCollector {
  mutating func addLight(_ light: LightWork) {
    let roots = light.roots.filter { streams[$0] != nil }
    // The work is done where the last of what it reads comes from.
    guard
      let main = roots.max(by: {
        let (a, b) = (streams[$0]!, streams[$1]!)
        return (a.vectors, a.depth) < (b.vectors, b.depth)
      }), let lead = streams[main]
    else { return }
    let firstNode = graph[light.nodes[0]]
    if light.steps.contains(.normalize), let axis = lead.axis,
      let rank = graph[main].type.fixedShape?.count, axis != rank - 1
    {
      return refuse(firstNode, "normalises over several vectors")
    }
    let vectors = lead.vectors
    let depth = roots.map { streams[$0]!.depth }.max() ?? 0
    let homes = light.steps.contains(.normalize) ? [] : lead.homes(in: work)
    let isSplit =
      homes.count > 1
      && roots.allSatisfy {
        let stream = streams[$0]!
        return stream.vectors == vectors && !stream.isReordered && stream.homes(in: work) == homes
      }
    let places =
      isSplit ? homes : [.init(chip: work[lead.parts[0].stage].blocks[0].chip, width: lead.width)]
    var parts: [FabricStream.Part] = []
    var first = 0
    for place in places {
      let stage = work.add(
        FabricStage(
          kind: .light, name: firstNode.name, blocks: work.mesh.lightCores(of: place.chip),
          vectors: vectors, time: light.time(on: fabric.light, width: place.width).ticks,
          energy: light.energy(on: fabric.light, width: place.width)))
      for root in roots {
        let stream = streams[root]!
        let range = isSplit ? first..<first + place.width : 0..<stream.width
        // A branch that comes much sooner than the others waits in a memory core.
        send(
          root, range, to: [stage], vectors: vectors, need: need(stream, vectors: vectors),
          waits: stream.depth + 2 < depth && vectors > 1)
      }
      parts.append(.init(stage: stage, elements: place.width))
      first += place.width
    }
    for result in light.nodes.flatMap({ graph[$0].results }) {
      guard let shape = graph[result].type.fixedShape else { continue }
      let width = shape.reduce(1, *) / max(vectors, 1)
      let isWhole = width == lead.width
      streams[result] = FabricStream(
        vectors: vectors,
        parts: isWhole ? parts : [.init(stage: parts[0].stage, elements: max(width, 1))],
        axis: isWhole ? lead.axis : nil, bundle: isWhole ? lead.bundle : 1, depth: depth + 1)
    }
  }

  mutating func addAttention(_ attention: FoundAttention, _ node: Node) {
    guard let q = streams[attention.queries], let k = streams[attention.keys],
      let v = streams[attention.values]
    else { return }
    let homeChip = work[q.parts[0].stage].blocks[0].chip
    let cores = work.mesh.blocks(.heavy, of: homeChip)
    guard !cores.isEmpty else { return refuse(node, "needs a heavy core, and the fabric has none") }
    let shape = graph[attention.queries].type.fixedShape ?? []
    let heads = shape.dropLast(2).last ?? 1
    let used = cores.prefix(max(min(cores.count, heads), 1))
    let share = (q.width + used.count - 1) / used.count
    var parts: [FabricStream.Part] = []
    for (index, core) in used.enumerated() {
      let range = index * share..<min((index + 1) * share, q.width)
      guard !range.isEmpty else { break }
      let stage = work.add(
        FabricStage(
          kind: .attention, name: node.name, blocks: [core], vectors: q.vectors,
          time: fabric.heavy.time(tokens: k.vectors, elements: range.count).ticks,
          energy: fabric.heavy.energy(tokens: k.vectors, elements: range.count)))
      // What one stage has of all three is sent together.
      var sources: [StageID: (elements: Int, vectors: Int)] = [:]
      for stream in [q, k, v] {
        // Several heads may share keys and values.
        let first = range.lowerBound * stream.width / max(q.width, 1)
        let end = max(range.upperBound * stream.width / max(q.width, 1), first + 1)
        for part in stream.senders(of: first..<min(end, stream.width)) {
          sources[part.stage, default: (0, stream.vectors)].elements += part.elements
        }
      }
      for (source, sent) in sources.sorted(by: { $0.key < $1.key }) {
        work.connect(
          FabricFlow(
            source: source, targets: [stage], elements: sent.elements, vectors: sent.vectors,
            need: work.needOfReaders(of: source)))
      }
      parts.append(.init(stage: stage, elements: range.count))
    }
    streams[node.results[0]] = FabricStream(
      vectors: q.vectors, parts: parts, axis: nil, depth: max(q.depth, k.depth, v.depth) + 1)
  }
}

extension FabricStream {
  /// A chip that sends a part of every vector.
  struct Home: Equatable {
    var chip: Int
    var width: Int
  }

  /// The chips that send the elements of a vector, in order.
  func homes(in work: FabricWork) -> [Home] {
    parts.reduce(into: []) { homes, part in
      let chip = work[part.stage].blocks[0].chip
      if homes.last?.chip == chip {
        homes[homes.count - 1].width += part.elements
      } else {
        homes.append(Home(chip: chip, width: part.elements))
      }
    }
  }
}
