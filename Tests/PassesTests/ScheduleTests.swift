import Basics
import Chip
import IR
import Passes
import Testing

struct ScheduleTests {
  private func schedule(_ name: String, chip: Chip) throws -> Schedule {
    let graph = try Models.legalGraph(name)
    let calibration = try graph.calibrated(
      with: [Models.inputs(of: name)], origin: "test")
    let partition = try graph.partitioned(for: chip, chips: nil).replicated()
    return try partition.placed().scheduled(with: try partition.quantized(by: calibration))
  }

  /// Every node is done once, after what it reads; the host does one thing at a time.
  @Test(arguments: Models.legal)
  func keepsTheOrder(_ name: String) throws {
    let schedule = try schedule(name, chip: Chip.named("flat-64"))
    #expect(schedule.verify().isEmpty)
    let graph = schedule.placement.partition.graph
    #expect(schedule.tasks.map(\.node) == graph.nodes.indices.map(NodeID.init))
    var free = 0.0
    for task in schedule.tasks where task.place == .host {
      #expect(task.start >= free && task.chipTime == 0)
      free = task.end
    }
    #expect(schedule.latency == schedule.tasks.map(\.end).max() ?? 0)
  }

  /// Each link of a segment passes the columns of every vector of its replica once.
  @Test(arguments: ["tiny", "hermes"])
  func transfersPassEveryPartialSum(_ chip: String) throws {
    let schedule = try schedule(
      "network-opset13", chip: Chip.named(chip, settings: ["crossbar.rows=8"]))
    let partition = schedule.placement.partition
    var expected = 0
    var links = 0
    for (layer, replicas) in zip(partition.layers, schedule.placement.stacks) {
      for (replica, placed) in replicas.enumerated() {
        for (stack, placement) in zip(layer.stacks, placed) {
          for segment in placement.segments {
            links += segment.cores.count - 1
            expected +=
              (segment.cores.count - 1) * stack.columns.count * layer.vectors(of: replica).count
          }
        }
      }
    }
    #expect(links > 0)
    #expect(schedule.transfers.count == links)
    #expect(schedule.transfers.reduce(0) { $0 + $1.bytes } == expected)
    for transfer in schedule.transfers {
      #expect(
        partition.chip.links.carriesPartialSums(from: transfer.source, to: transfer.target))
    }
  }

  /// Codes of more than 8 bits travel in 2 bytes.
  @Test func widerCodesTakeMoreBytes() throws {
    let narrow = try schedule(
      "network-opset13", chip: Chip.named("tiny", settings: ["crossbar.rows=8"]))
    let wide = try schedule(
      "network-opset13",
      chip: Chip.named("tiny", settings: ["crossbar.rows=8", "ldpu.output-bits=12"]))
    #expect(wide.transfers.map(\.bytes) == narrow.transfers.map { 2 * $0.bytes })
    #expect(wide.latency > narrow.latency)
  }

  @Test func moreReplicasAreNoSlower() throws {
    let chip = try Chip.named("flat-64")
    let graph = try Models.legalGraph("network-opset13")
    let calibration = try graph.calibrated(
      with: [Models.inputs(of: "network-opset13")], origin: "test")
    let single = try graph.partitioned(for: chip, chips: 1)
    let quantization = try single.quantized(by: calibration)
    let slow = try single.placed().scheduled(with: quantization)
    let fast = try single.replicated().placed().scheduled(with: quantization)
    #expect(fast.chipLatency < slow.chipLatency)
    #expect(fast.latency < slow.latency)
  }
}
