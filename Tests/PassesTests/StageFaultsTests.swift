import Basics
import Chip
import Passes
import Testing

/// What is wrong with a section is found where it is.
struct StageFaultsTests {
  /// A sound text of the last stage, with one line changed.
  static let sound = """
    graph "sound" {
      input %0 "x": f32[2, 4]
      input %1 "z": f32[2, 2]
      constant %2 "w": f32[4, 2] = dense[1, 2, 3, 4, 5, 6, 7, 8]
      %3 "y": f32[2, 2] = matmul "first" (%0, %2)
      %4 "r": f32[2, 2] = relu "relu" (%3)
      constant %5 "v": f32[2, 2] = dense[1, 2, 3, 4]
      %6 "s": f32[2, 2] = matmul "second" (%1, %5)
      constant %7 "k": f32[2, 1, 1] = dense[1, 2]
      constant %8 "shape": i64[3] = dense[1, 2, 2]
      %9 "t": f32[1, 2, 2] = reshape "reshape" (%6, %8)
      %10 "d": f32[1, 2, 2] = conv "depthwise" (%9, %7) {groups = 2, kernel = [1]}
      output %4
      output %10
    }
    calibration "data" (inferences = 1) {
      layer "first" (input_maximum = 1.0, output_maximum = 2.0) samples f32[0, 4] = dense[]
      layer "second" (input_maximum = 1.0, output_maximum = 2.0) samples f32[1, 2] = splat(1.0)
      layer "depthwise" (input_maximum = 1.0, output_maximum = 2.0) samples f32[0, 2] = dense[]
    }
    partition {
      chip "tiny" (chips = 2)
      layer "first" (rows = 4, columns = 2, groups = 1, vectors = 2, replicas = 1) {
        columns [0, 2] rows [0, 2, 4]
      }
      layer "second" (rows = 2, columns = 2, groups = 1, vectors = 2, replicas = 2) {
        columns [0, 1] rows [0, 2]
        columns [1, 2] rows [0, 2]
      }
      digital "depthwise" (macs = 4, depthwise = true, reason = "for a test")
    }
    quantization {
      layer "first" (input_scale = 0.1, output_scale = 0.2) {
        stack 0 block 0 (g_max = 20.7, partial_maxima = [1.0])
        stack 0 block 1 (g_max = 20.7, partial_maxima = [2.0, 1.0])
      }
      layer "second" (input_scale = 0.3, output_scale = 0.4) {
        stack 0 block 0 (g_max = 20.7, partial_maxima = [1.0])
        stack 1 block 0 (g_max = 20.7, partial_maxima = [1.0])
      }
    }
    placement {
      layer "first" {
        replica 0 stack 0: chip 0 cores [0, 1]
      }
      layer "second" {
        replica 0 stack 0: chip 0 cores [3]
        replica 0 stack 1: chip 0 cores [2]
        replica 1 stack 0: chip 1 cores [0]
        replica 1 stack 1: chip 1 cores [1]
      }
    }
    schedule {
      task "first" on crossbars (start = 0.0, chip = 10.0, host = 5.0)
      task "relu" on host (start = 15.0, chip = 0.0, host = 1.0)
      task "second" on crossbars (start = 0.0, chip = 10.0, host = 5.0)
      task "reshape" on host (start = 16.0, chip = 0.0, host = 0.0)
      task "depthwise" on host (start = 16.0, chip = 0.0, host = 1.0)
      transfer "first" replica 0 chip 0 cores [0, 1] (start = 525.0, bytes = 4)
    }

    """

  private static let tiny = Result { try Chip.named("tiny") }

  private func read(_ text: String) throws -> StageDump {
    let tiny = try Self.tiny.get()
    return try StageDump(text: text, file: "case.aim") { name in
      name == tiny.name ? tiny : try Chip.named(name)
    }
  }

  @Test func theTextIsSound() throws {
    let stage = try read(Self.sound)
    #expect(stage.verify().isEmpty)
    #expect(try read(stage.text).text == stage.text)
  }

  @Test(arguments: [
    // The graph.
    (#"relu "relu" (%3)"#, #"relu "relu" (%3, %3)"#, "6:3: error: node \"relu\""),
    (#"relu "relu" (%3)"#, #"relu "first" (%3)"#, "has the name of another node"),
    (#""relu" (%3)"#, #""relu" (%11)"#, "6:36: error: %11 is not defined"),
    (#"%4 "r": f32[2, 2]"#, #"%4 "r": f32[N, 2]"#, "6:3: error: node \"relu\" (Relu): the shape"),
    ("kernel = [1]}", "kernel = [1], padding = valid}", "has a padding that is not explicit"),
    // Calibration.
    ("(inferences = 1)", "(inferences = -1)", "16:34: error: inferences is negative"),
    (#"layer "second" (input_m"#, #"layer "relu" (input_m"#, "the layers are not the products"),
    (#"layer "first" (input_m"#, #"layer "third" (input_m"#, "17:9: error: the graph has no node"),
    ("input_maximum = 1.0", "input_maximum = -1.0", "has a range whose end is negative"),
    ("input_maximum = 1.0", "input_maximum = inf", "17:34: error: the number is not finite"),
    ("input_maximum = 1.0", "input_maximum = 1e39", "expected an element of type f32"),
    ("samples f32[1, 2]", "samples f32[1, 3]", "which are no vectors of 2 elements f32"),
    ("samples f32[1, 2]", "samples f16[1, 2]", "which are no vectors of 2 elements f32"),
    ("= splat(1.0)", "= zeros", "expected 'dense', 'splat', 'random' or 'data'"),
    // Partition.
    (#"chip "tiny""#, #"chip "huge""#, "there is no chip \"huge\""),
    ("(chips = 2)", "(chips = 0)", "takes 0 chips"),
    ("(chips = 2)", "(chips = 16385)", "takes 16385 chips"),
    ("(chips = 2)", "(chips = 1)", "takes 6 crossbars, and there are 4"),
    (
      "(rows = 4,", "(rows = 5,", "23:9: error: node \"first\": differs from the matrix of its node"
    ),
    ("replicas = 2)", "replicas = 3)", "has 3 replicas for 2 vectors"),
    ("replicas = 2)", "replicas = 0)", "has 0 replicas for 2 vectors"),
    ("replicas = 2)", "replicas = 9223372036854775807)", "replicas for 2 vectors"),
    ("columns [1, 2] rows [0, 2]", "columns [0, 2] rows [0, 2]", "misses or repeats columns"),
    ("columns [1, 2] rows [0, 2]", "columns [1, 3] rows [0, 2]", "has blocks of 3 columns"),
    ("columns [1, 2] rows [0, 2]", "columns [1, 2] rows [0, 1]", "misses or repeats rows"),
    ("columns [1, 2] rows [0, 2]", "columns [2, 1] rows [0, 2]", "the bounds do not ascend"),
    ("columns [1, 2] rows [0, 2]", "", "has blocks of 1 columns"),
    ("columns [1, 2] rows [0, 2]", "rows [0, 2]", "28:5: error: expected 'columns'"),
    ("(macs = 4", "(macs = 5", "30:11: error: node \"depthwise\": differs from its node"),
    ("depthwise = true", "depthwise = false", "differs from its node"),
    ("depthwise = true", "depthwise = maybe", "expected 'true' or 'false'"),
    (#"digital "depthwise""#, #"digital "relu""#, "is not a product with constant weights"),
    (
      #"layer "first" (rows"#, #"layer "relu" (rows"#,
      "23:9: error: node \"relu\": is not a product"
    ),
    (
      #"digital "depthwise" (macs = 4, depthwise = true"#,
      #"digital "second" (macs = 8, depthwise = false"#, "a node is both a layer and digital"
    ),
    (
      #"digital "depthwise" (macs = 4, depthwise = true, reason = "for a test")"#, "",
      "node \"depthwise\": is neither a layer nor digital"
    ),
    // Quantization.
    ("input_scale = 0.3", "input_scale = 0", "has a scale that is not positive"),
    ("input_scale = 0.3", "input_scale = nan", "the number is not finite"),
    ("(g_max = 20.7, partial_maxima = [2.0", "(g_max = 21, partial_maxima = [2.0", "g_max 21.0"),
    ("(g_max = 20.7, partial_maxima = [2.0", "(g_max = 0, partial_maxima = [2.0", "g_max 0.0"),
    ("[2.0, 1.0]", "[2.0]", "has 1 partial maxima in stack 0 block 1, not 2"),
    ("[2.0, 1.0]", "[2.0, -1.0]", "has a negative partial maximum"),
    (
      "[2.0, 1.0]", "[2.0, 1.0], column_factors = [0.5]",
      "has 1 column factors in stack 0 block 1, not 2"
    ),
    ("[2.0, 1.0]", "[2.0, 1.0], column_factors = [0.5, 0.0]", "that is not positive"),
    ("[2.0, 1.0]", "[2.0, 1.0], factors = [0.5, 0.5]", "expected ')', found 'factors'"),
    ("stack 1 block 0", "stack 0 block 0", "expected '1', found '0'"),
    (#"layer "second" (input_s"#, #"layer "first" (input_s"#, "the layers are not those of the"),
    // Placement.
    ("chip 1 cores [0]", "chip 2 cores [0]", "there is no chip 2 of 2"),
    ("chip 1 cores [0]", "chip 1 cores [4]", "there is no core 4 of 4"),
    ("chip 1 cores [0]", "chip 1 cores []", "there are no cores"),
    ("chip 1 cores [0]", "chip 1 cores [0, 1]", "there are 2 cores for 1 row blocks"),
    ("chip 1 cores [0]", "chip 1 cores [1]", "shares core 1 of chip 1"),
    ("chip 0 cores [0, 1]", "chip 0 cores [1, 2]", "needs a link from core 1 to core 2"),
    ("chip 0 cores [0, 1]", "chip 0 cores [0, -1]", "there is no core -1 of 4"),
    ("replica 1 stack 1:", "replica 1 stack 2:", "expected '1', found '2'"),
    // Schedule.
    (#"task "relu" on host"#, #"task "relu" on crossbars"#, "the node is not a layer"),
    (#"task "relu" on host"#, #"task "relu" on gdpu"#, "expected 'crossbars' or 'host'"),
    (
      #"task "second" on crossbars"#, #"task "second" on host"#,
      "is scheduled on another unit than the"
    ),
    ("(start = 15.0", "(start = 14.5", "starts before \"y\" is there"),
    ("(start = 15.0", "(start = -1", "has a time that is negative"),
    ("(start = 15.0, chip = 0.0", "(start = 1e308, chip = 1e308", "negative or too large"),
    (#"task "reshape""#, #"task "relu""#, "is scheduled twice"),
    (
      "  task \"relu\" on host (start = 15.0, chip = 0.0, host = 1.0)\n", "",
      "node \"relu\": is not scheduled"
    ),
    ("cores [0, 1] (start", "cores [1, 3] (start", "has a transfer that is not the next"),
    ("cores [0, 1] (start", "cores [-1, 3] (start", "a link has a core at either end"),
    ("(start = 525.0", "(start = 524.0", "before its partial sums are there"),
    ("bytes = 4", "bytes = 5", "has a transfer that is not the next"),
    (
      "  transfer \"first\" replica 0 chip 0 cores [0, 1] (start = 525.0, bytes = 4)\n", "",
      "has 0 transfers, and the placement 1"
    ),
    ("}\nschedule {", "}\nschedules {", "expected the end of the text, found 'schedules'"),
  ])
  func isRefused(_ change: (from: String, to: String, message: String)) throws {
    let parts = Self.sound.split(separator: change.from, maxSplits: 1)
    try #require(parts.count == 2, "\(change.from) is not in the text")
    let text = String(parts[0]) + change.to + String(parts[1])
    let error = #expect(throws: Diagnostics.self) { try read(text) }
    let messages = try #require(error).description
    #expect(messages.contains(change.message), "\(messages)")
    #expect(messages.contains("case.aim:") || change.message.contains("no chip"))
  }

  /// A text that ends anywhere, or lacks any one token, is read or refused, never a crash.
  @Test func survivesDamage() throws {
    let words = Self.sound.split(separator: " ", omittingEmptySubsequences: false)
    for index in words.indices {
      let shorter = words[..<index].joined(separator: " ")
      #expect(throws: Diagnostics.self) { try read(shorter) }
      for replacement in ["", "9223372036854775807", "-1", "{", "\"first\""] {
        var changed = words
        changed[index] = replacement[...]
        do {
          let stage = try read(changed.joined(separator: " "))
          #expect(stage.verify().isEmpty || stage.partition == nil)
        } catch is Diagnostics {}
      }
    }
  }
}
