extension Chip {
  /// The names of the sections that a chip without a mesh of digital cores leaves out.
  static let fabricSections = ["mesh", "light-core", "heavy-core", "memory-core", "chip-link"]

  /// The names of the sections that a chip file may lack.
  static let optionalSections = [circuitSection] + fabricSections

  static let fabricFields: [Field<Chip>] =
    meshFields + lightFields + heavyFields + [
      .integer(
        "memory-core.bytes", \.fabric!.memoryBytes, 1...1_000_000_000_000,
        "Activations that a memory core holds, in bytes."),
      .number(
        "chip-link.transfer-time", \.fabric!.link.transferTime, 1e-3...1e9, "ns",
        "Time in which the link between two chips carries as many activations as the wires of a block at once."
      ),
      .number(
        "chip-link.energy-per-element", \.fabric!.link.transferEnergy, 0...1e9, "pJ",
        "Energy of an activation on it."),
      .number(
        "chip-link.power", \.fabric!.link.power, 0...1e9, "mW",
        "Power of the links of a chip that has a neighbour."),
    ]

  private static let meshFields: [Field<Chip>] = [
    Field(
      path: "mesh.layout", unit: "", accepted: FabricLayout.form,
      meaning: "Blocks row by row; as many tiles as there are cores.",
      read: { scalar, chip in
        guard let layout = FabricLayout(scalar.text), layout.isPossible else { return false }
        chip.fabric!.layout = layout
        return true
      },
      isAccepted: { $0.fabric!.layout.isPossible },
      written: { $0.fabric!.layout.text }),
    .integer(
      "mesh.wires", \.fabric!.wires, 1...65_535,
      "Activations that the wires of a block carry at once, in either direction."),
    .number(
      "mesh.transfer-time", \.fabric!.transferTime, 1e-3...1e9, "ns",
      "Time in which they carry them, from end to end."),
    .number(
      "mesh.energy-per-element", \.fabric!.transferEnergy, 0...1e9, "pJ",
      "Energy of an activation on the mesh, whatever the distance."),
    .number(
      "mesh.idle-power", \.fabric!.idlePower, 0...1e9, "mW",
      "Power of all digital cores at rest."),
    .number(
      "mesh.row-share", \.fabric!.rowShare, 0...1, "",
      "Part of the energy of an MVM that goes with the rows in use; the rest goes with the columns in use."
    ),
  ]

  private static let lightFields: [Field<Chip>] = [
    .law("light-core.add-time", \.fabric!.light.addTime, "ns", "Time of a sum of two vectors."),
    .law("light-core.add-energy", \.fabric!.light.addEnergy, "pJ", "Its energy."),
    .law(
      "light-core.function-time", \.fabric!.light.functionTime, "ns",
      "Time of a function such as GELU of every element."),
    .law("light-core.function-energy", \.fabric!.light.functionEnergy, "pJ", "Its energy."),
    .law(
      "light-core.rectify-time", \.fabric!.light.rectifyTime, "ns",
      "Time of ReLU, or of bounds, of every element."),
    .law("light-core.rectify-energy", \.fabric!.light.rectifyEnergy, "pJ", "Its energy."),
    .law(
      "light-core.normalize-time", \.fabric!.light.normalizeTime, "ns",
      "Time of a normalisation of a vector."),
    .law("light-core.normalize-energy", \.fabric!.light.normalizeEnergy, "pJ", "Its energy."),
  ]

  private static let heavyFields: [Field<Chip>] = [
    .number(
      "heavy-core.start-time", \.fabric!.heavy.startTime, 0...1e9, "ns",
      "Time of an attention before its first score."),
    .number(
      "heavy-core.score-time", \.fabric!.heavy.scoreTime, 0...1e9, "ns",
      "Time for each of S² scores of S tokens."),
    .number(
      "heavy-core.product-time", \.fabric!.heavy.productTime, 0...1e9, "ns",
      "Time for each of (S² + S) · d² products, d being the elements of all heads of the core."),
    .number(
      "heavy-core.product-energy", \.fabric!.heavy.productEnergy, 0...1e9, "pJ",
      "Energy for each of S² · d products."),
  ]

  /// The fabric that the fields of its sections are stored into.
  static let blankFabric = Fabric()
}

extension Chip.Field {
  static func law(
    _ path: String, _ value: Path<CostLaw>, _ unit: String, _ meaning: String
  ) -> Self {
    Self(
      path: path, unit: unit, accepted: "a law of the elements d: \(CostLaw.form)",
      meaning: meaning,
      read: { scalar, owner in
        guard let law = CostLaw(scalar.text), law.isInRange else { return false }
        owner[keyPath: value] = law
        return true
      },
      isAccepted: { $0[keyPath: value].isInRange },
      written: { $0[keyPath: value].text })
  }
}
