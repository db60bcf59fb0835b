import Basics

extension Chip {
  /// The description as a complete chip file in canonical form: `Chip(yaml: chip.yaml)` is equal to
  /// the chip, and equal chips have the same text.
  public var yaml: String {
    var lines = Self.fields.filter(\.section.isEmpty).compactMap(line)
    lines.append(assumed.isEmpty ? "assumed: []" : "assumed:")
    lines += assumed.map { "  - \($0)" }
    for section in Self.sections {
      let figures = Self.fields.filter { $0.section == section }.compactMap(line)
      if figures.isEmpty && Self.optionalSections.contains(section) { continue }
      lines.append(figures.isEmpty ? "\(section): none" : "\(section):")
      lines += figures.map { "  " + $0 }
      if section == "links" { lines += topologyLines }
    }
    lines.append(devices.isEmpty ? "devices: none" : "devices:")
    for model in devices {
      lines.append("  \(model.name):")
      lines += DeviceModel.fields.compactMap { field in
        field.text(in: model).map { "    \(field.key): \($0)" }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The CRC-32C of the canonical text, by which a program names the chip it was compiled for.
  public var hash: UInt32 {
    var text = yaml
    return text.withUTF8 { CRC32C.checksum(UnsafeRawBufferPointer($0)) }
  }

  private func line(_ field: Field<Chip>) -> String? {
    field.text(in: self).map { "\(field.key): \($0)" }
  }

  private var topologyLines: [String] {
    guard case .listed(let list) = links.topology else {
      return [links.topology == .mesh ? "  topology: mesh" : "  topology: all"]
    }
    guard !list.links.isEmpty else { return ["  topology: none"] }
    var lines = ["  topology:"]
    for kind in Links.Kind.allCases {
      let links = list.links.filter { $0.kind == kind }
      guard !links.isEmpty else { continue }
      lines.append("    \(kind.rawValue):")
      var first = 0
      while first < links.count {
        let source = links[first].source
        let end = links[first...].firstIndex { $0.source != source } ?? links.count
        let targets = links[first..<end].map { link in
          switch link.target {
          case .core(let core): "\(core.index)"
          case .gdpu(let slice): "gdpu \(slice)"
          }
        }
        lines.append("      \(source.index): [\(targets.joined(separator: ", "))]")
        first = end
      }
    }
    return lines
  }
}
