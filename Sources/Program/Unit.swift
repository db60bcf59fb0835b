import Chip

extension Unit {
  /// The chip of the unit, `nil` for the host.
  public var chip: Int? {
    switch self {
    case .host: nil
    case .crossbar(let chip, _), .ldpu(let chip, _), .gdpu(let chip, _): chip
    }
  }

  /// The kind of the unit.
  public var kind: Opcode.Units {
    switch self {
    case .host: .host
    case .crossbar: .crossbar
    case .ldpu: .ldpu
    case .gdpu: .gdpu
    }
  }

  /// The core or slice of the unit, 0 for the host.
  public var index: Int {
    switch self {
    case .host: 0
    case .crossbar(_, let core), .ldpu(_, let core): core.index
    case .gdpu(_, let slice): slice
    }
  }
}

extension Unit: CustomStringConvertible {
  /// As in a listing: the kind, then chip and core or slice, such as `crossbar 0.5`.
  public var description: String {
    switch self {
    case .host: "host"
    case .crossbar(let chip, let core): "crossbar \(chip).\(core.index)"
    case .ldpu(let chip, let core): "ldpu \(chip).\(core.index)"
    case .gdpu(let chip, let slice): "gdpu \(chip).\(slice)"
    }
  }
}
