import Passes

extension CompileOption {
  /// Every option of the mapping and of the accuracy, in the order of texts; help has the common ones
  /// first.
  public static let table = ofMapping + ofAccuracy + [digital]

  /// The option `name`, or `nil` if the table has none of that name.
  public static func named(_ name: String) -> CompileOption? { table.first { $0.name == name } }

  /// The option that sets `path`, which has a row.
  public static func setting(_ path: PartialKeyPath<OptionValues>) -> CompileOption {
    guard let option = table.first(where: { $0.path == path }) else {
      preconditionFailure("no option sets \(path)")
    }
    return option
  }

  private static let mappingCommands = Command.passing
  private static let networkCommands = Command.passing + [.check]

  private static let ofMapping: [CompileOption] = [
    .one(
      "chips", \.chips, value: "N|auto", accepted: "a number of chips above 0, or auto", .mapping,
      """
      Number of chips in series, with the host between them; auto takes as many as one copy of \
      every layer needs.
      """, passes: ["partition"], commands: mappingCommands,
      read: { ChipCount($0) }, text: { $0.description }),
    .choice(
      "optimize", \.mapping.objective, value: "goal", .mapping,
      """
      What the mapping minimizes: the interval between inferences (throughput), the time of one \
      inference (latency), its energy, or the number of crossbars (area).
      """, passes: ["partition", "replicate"], commands: mappingCommands),
    .choice(
      "packing", \.mapping.packing, value: "rule", .mapping, expert: true,
      """
      Whether blocks of several layers share a crossbar; auto lets them where the network does not \
      fit otherwise or runs faster.
      """, passes: ["partition", "replicate"], commands: mappingCommands),
    .flag(
      "widen", \.mapping.widens, .mapping,
      """
      Computes several neighbouring positions of a convolution with one MVM, by shifted copies of \
      its kernel, where its crossbars have room.
      """, passes: ["widen"], starts: "widen", commands: networkCommands),
    .list(
      "analog", \.mapping.analog, value: "layer", accepted: "the name of a layer", .mapping,
      expert: true, "Keeps a layer on crossbars although the host would be cheaper.",
      passes: ["partition"], commands: mappingCommands, read: { $0 }, text: { $0 }),
    .list(
      "pin", \.mapping.pins, value: "layer=core", accepted: "LAYER=CORE, with the number of a core",
      .mapping, expert: true, "Places the first block of a layer on a core.",
      passes: ["place"], commands: mappingCommands, read: { MappingOptions.Pin($0) },
      text: { "\($0.layer)=\($0.core)" }),
    .optional(
      "search-time", \.mapping.searchTime, value: "seconds",
      accepted: "a number of seconds, 0 or more", .mapping, expert: true,
      """
      Searches for places of blocks for at most this long, or until they are proved best, instead of a fixed number \
      of steps; the result then depends on the machine.
      """, passes: ["place"], commands: mappingCommands,
      read: { Double($0).flatMap { $0 >= 0 && $0.isFinite ? $0 : nil } }, text: { "\($0)" }),
    .one(
      "seed", \.mapping.seed, value: "number", accepted: "a whole number, 0 or more", .mapping,
      expert: true, "Seed of the search for places of blocks.", passes: ["place"],
      // Of commands that simulate, --seed is the number of the chip.
      commands: [.compile, .opt], read: { UInt64($0) }, text: { "\($0)" }),
  ]

  /// The last of all, as the search for accuracy adds its layers.
  private static let digital: CompileOption = .list(
    "digital", \.mapping.digital, value: "layer", accepted: "the name of a layer", .mapping,
    "Computes a layer on the host.", passes: ["separate", "center", "copy", "partition"],
    commands: mappingCommands + [.check], others: { $0.accuracy.digital }, read: { $0 },
    text: { $0 })
}

extension MappingOptions.Pin {
  /// Creates a pin from `layer=core`; `nil` if it is not of that form.
  fileprivate init?(_ text: String) {
    guard let equals = text.lastIndex(of: "="), equals != text.startIndex,
      let core = Int(text[text.index(after: equals)...]), core >= 0
    else { return nil }
    self.init(layer: String(text[..<equals]), core: core)
  }
}
