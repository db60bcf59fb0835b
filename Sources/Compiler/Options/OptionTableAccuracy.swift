import Passes

extension CompileOption {
  private static let networkCommands = Command.passing + [.check]

  /// The options of the accuracy.
  static let ofAccuracy: [CompileOption] = {
    let options = [accuracy] + techniques
    return options + [model(expectedBy: options)]
  }()

  private static let accuracy: CompileOption = .optional(
    "accuracy", \.accuracyTarget, value: "percent",
    accepted: "a share such as 99%, above 0 and at most 100%", .accuracy,
    "Searches for the cheapest options that keep this share of FP32 accuracy.",
    passes: techniques.filter { !$0.trials.isEmpty }.flatMap(\.passes),
    commands: Command.compiling, model: .always,
    read: { share($0) }, text: percent)

  private static let techniques: [CompileOption] = [
    .one(
      "routine", \.accuracy.routine, value: "routine", of: Routine.allCases.map { "\($0)" },
      .accuracy,
      """
      Calibration on the chip after programming: one factor a tile (global), a factor for every \
      column (column), a factor and an offset for every column (refit), or these layer by layer \
      (layers).
      """, usual: "none, global for evaluate", passes: ["emit"],
      trials: [
        Trial([.free], 30, "drift compensation") { options, _ in
          if options.routine == .none { options.routine = .global }
        },
        Trial([.free], 40, "refit of every column") { options, _ in options.routine = .refit },
        Trial([.calibration, .freeCells, .twice, .fourTimes], 50, "refit layer by layer") {
          options, _ in options.routine = .layers
        },
      ],
      needs: [
        OptionNeed(in: [.verify, .evaluate], OptionUsage.reasonOfDevices) {
          $0.hasDevices || $0.has("correct") || $0.searches
        }
      ],
      read: { word in Routine.allCases.first { "\($0)" == word } }, text: { "\($0)" }),
    .flag(
      "smooth", \.accuracy.smooths, .accuracy,
      """
      Scales channels down and the weights that read them up, so that the channels of a layer have \
      similar ranges (SmoothQuant).
      """, passes: ["smooth"], starts: "smooth", commands: networkCommands,
      trials: [
        Trial([.free], 70, "inputs rescaled between layers") { options, _ in
          options.smooths = true
        },
        // Where noise is small, rescaled inputs cost in converters more than they gain.
        Trial([.withCopies, .freeCells, .twice, .fourTimes], 60, "inputs not rescaled any more") {
          options, asked in options.smooths = asked.smooths
        },
      ]),
    .one(
      "outliers", \.accuracy.outliers, value: "share", accepted: "a share such as 1%, above 0",
      .accuracy,
      """
      Leaves the input channels with the largest values to the host, up to this share of the \
      multiply-accumulates (LLM.int8).
      """, passes: ["separate"], starts: "separate", commands: networkCommands,
      trials: [
        Trial([.free], 45, "channels with outliers on the host") { options, _ in
          if options.outliers == 0 { options.outliers = 0.01 }
        }
      ],
      read: { share($0) }, text: percent),
    .flag(
      "center", \.accuracy.centers, .accuracy,
      "Subtracts the mean of every input channel of a layer and corrects the bias.",
      passes: ["center"], starts: "center", commands: networkCommands,
      trials: [Trial([.free], 50, "inputs centred") { options, _ in options.centers = true }]),
    .one(
      "predistort", \.accuracy.predistortion, value: "times", accepted: times, .accuracy,
      expert: true, "Compensates target conductances for the drift expected at these times.",
      passes: ["quantize"],
      trials: [
        Trial([.free], 60, "predistorted for 10 d") { options, _ in
          if options.predistortion.isEmpty {
            options.predistortion = [TimeSpan("10d")].compactMap { $0 }
          }
        }
      ],
      model: .always,
      read: { TimeSpan.list($0) }, text: { $0.map(\.description).joined(separator: ",") }),
    .one(
      "copies", \.accuracy.copies, value: "N", accepted: "a whole number from 0 to 1000",
      .accuracy,
      """
      Repeats the columns of every layer in free columns, in N times its crossbars, and averages \
      the results.
      """, passes: ["copy"], starts: "copy", commands: networkCommands,
      trials: [
        Trial([.freeCells], 10, "copies in free columns") { options, _ in
          options.copies = max(options.copies, 1)
        },
        Trial([.twice], 10, "copies in twice the crossbars") { options, _ in
          options.copies = max(options.copies, 2)
        },
        Trial([.fourTimes], 10, "copies in four times the crossbars") { options, _ in
          options.copies = max(options.copies, 4)
        },
      ],
      read: { Int($0).flatMap { (0...1000).contains($0) ? $0 : nil } }, text: { "\($0)" }),
    .list(
      "copies-of", \.accuracy.givenCopies, value: "layer=N",
      accepted: "LAYER=N or LAYER=NxR, with whole numbers from 1 to 1000", .accuracy, expert: true,
      """
      Repeats the columns of a layer N times, and its rows R times with LAYER=NxR, whatever \
      --copies and --row-copies say.
      """, passes: ["copy"], starts: "copy", commands: networkCommands, read: { GivenCopies($0) },
      text: { $0.description }),
    .flag(
      "residual", \.accuracy.residual, .accuracy, expert: true,
      "Programs the last copy with the measured programming errors of the others.",
      passes: ["copy"], commands: networkCommands,
      // The last of several copies is worth more so.
      trials: [
        Trial([.withCopies, .freeCells], 30, "the last copy for errors") { options, _ in
          options.residual = options.copies > 0 || !options.givenCopies.isEmpty
        }
      ],
      needs: [.option("copies", "copies-of", because: "it takes the last of several copies")],
      model: .always),
    .flag(
      "row-copies", \.accuracy.copiesRows, .accuracy, expert: true,
      "Repeats the rows of every layer in free rows; bit lines add up what the copies give.",
      passes: ["copy"], starts: "copy", commands: networkCommands,
      // Behind columns, since copies of rows need more inputs.
      trials: [
        Trial([.freeCells], 20, "copies in free rows") { options, _ in options.copiesRows = true }
      ]),
    .one(
      "input-range", \.accuracy.inputRange, value: "rule",
      accepted: "max, mse, or a percentile above 50% such as 99.9%", .accuracy, expert: true,
      """
      Range of the DACs: the largest input (max), the range of the least squared error (mse), or a \
      percentile of the inputs such as 99.9%.
      """, passes: ["quantize"], read: { InputRange($0) }, text: { $0.description }),
    .choice(
      "weight-range", \.accuracy.weightRange, value: "rule", .accuracy, expert: true,
      """
      Weights that the conductances of a column span: all of its block (block), its own (max), or \
      as many as give the least squared error with the errors of programming (mse).
      """, passes: ["quantize"],
      trials: [
        Trial([.free], 10, "a scale for every column") { options, _ in
          if options.weightRange == .block { options.weightRange = .maximum }
        }
      ],
      model: .with("mse")),
    .choice(
      "line-limit", \.accuracy.lineLimit, value: "what", .accuracy, expert: true,
      """
      Where a bit line would exceed its current limit, scales the whole block or only that column.
      """, passes: ["quantize"],
      trials: [
        Trial([.free], 20, "limits of lines by column") { options, _ in
          options.lineLimit = .column
        }
      ]),
    .one(
      "range", \.accuracy.range, value: "fraction", accepted: "a number from 0.01 to 1",
      .accuracy, expert: true, "Largest conductance used, as a fraction of g-max.",
      passes: ["quantize"],
      // With copies to spare, half the range costs little, and drifts more evenly.
      trials: [
        Trial([.withCopies, .freeCells, .twice, .fourTimes], 40, "half the conductance range") {
          options, _ in
          options.range = min(options.range, 0.5)
        }
      ],
      read: { Double($0).flatMap { (0.01...1).contains($0) ? $0 : nil } }, text: { "\($0)" }),
  ]

  /// The device model that `options` expect.
  private static func model(expectedBy options: [CompileOption]) -> CompileOption {
    let expecting = options.compactMap(\.expecting)
    let all = expecting.dropLast().joined(separator: ", ") + " and " + (expecting.last ?? "")
    return .optional(
      "model", \.accuracy.model, value: "name", accepted: "the name of a device model", .accuracy,
      expert: true, "Device model whose drift and programming errors \(all) expect.",
      usual: "the chip's own", passes: ["quantize", "emit"],
      needs: [
        OptionNeed("nothing expects a device model; give \(alternatives(expecting))") { usage in
          // A text may hold columns for errors.
          usage.searches || usage.readsText || options.contains { $0.expectsModel(usage.values) }
        }
      ], read: { $0.isEmpty ? nil : $0 }, text: { $0 })
  }

  private static let times = "times such as 0, 30s, 10min, 1h, 1d or 1y, with commas between them"

  /// A share as a number of percent, which is read as the same.
  private static func percent(_ share: Double) -> String {
    let percent = 100 * share
    let short = (1e9 * percent).rounded() / 1e9
    let number = short / 100 == share ? short : percent
    return (number == number.rounded() ? "\(Int(number))" : "\(number)") + "%"
  }

  /// Reads a number of percent, with or without the sign.
  private static func share(_ text: String) -> Double? {
    let number = Double(text.hasSuffix("%") ? text.dropLast() : text[...])
    return number.flatMap { $0 > 0 && $0 <= 100 ? $0 / 100 : nil }
  }
}
