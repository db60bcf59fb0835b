/// The energy of an inference, or of a part of it, in nJ, and the parts of that.
struct EnergyPart: Encodable {
  var name: String
  var nj: Double
  /// Whether it rests on figures of the host that the chip's file calls assumed.
  var isHost = false
  var parts: [EnergyPart] = []

  private init(_ name: String, _ nj: Double, isHost: Bool = false) {
    (self.name, self.nj, self.isHost) = (name, nj, isHost)
  }

  /// The sum of `parts`, of which those that take nothing are left out; the largest come first.
  private init(_ name: String, isHost: Bool = false, _ parts: [EnergyPart]) {
    self.name = name
    self.isHost = isHost
    self.parts = parts.filter { $0.nj > 0 }.sorted { $0.nj > $1.nj }
    nj = self.parts.reduce(0) { $0 + $1.nj }
  }

  /// All of an inference: the chips, layer by layer, and the host.
  init(_ clock: ClockResult, layers: [LayerRow], host: [HostRow]) {
    let energies = clock.times.energyNj
    let names = ["MVMs with converters", "LDPU", "cores that are on"]
    let onCrossbars = layers.map { layer in
      EnergyPart(layer.node, zip(names, layer.parts ?? []).map { EnergyPart($0, $1) })
    }
    let arithmetic = host.map { EnergyPart($0.node, $0.energyNj ?? 0, isHost: true) }
    self.init(
      "one inference",
      [
        EnergyPart("chips", onCrossbars + [EnergyPart("links", energies.links)]),
        EnergyPart(
          "host", isHost: true,
          [
            EnergyPart("arithmetic", isHost: true, arithmetic),
            EnergyPart("bytes between host and chips", energies.hostTransfers, isHost: true),
          ]),
      ])
  }
}
