import Basics
import Chip

/// The parser of the command `evaluate`, which lies above this module.
public struct EvaluationParser: Sendable {
  /// What is wrong with options of `evaluate`, which stand alone; `nil` if nothing is.
  let faultOfWords: @Sendable ([String]) -> String?
  /// The evaluation that the words of a command ask for; throws `Diagnostics` with what is wrong.
  let request: @Sendable ([String]) throws -> EvaluationRequest

  /// Creates a parser.
  public init(
    faultOfWords: @escaping @Sendable ([String]) -> String?,
    request: @escaping @Sendable ([String]) throws -> EvaluationRequest
  ) {
    self.faultOfWords = faultOfWords
    self.request = request
  }
}

extension SweepGrid {
  /// The most chips, and commands, that are looked at before any run.
  private static let mostChecked = 5_000

  /// Throws `Diagnostics` with all that would end one of `runs` before it begins: chips that cannot be, devices that a
  /// chip has not, options that have no effect beside others. What is the same in several runs is told once.
  func check(_ runs: [SweepRun], by parser: EvaluationParser) throws {
    var faults = Diagnostics()
    var told: Set<String> = []
    var known: Set<[String]> = []
    for run in runs where known.count < Self.mostChecked {
      let point = points[run.point]
      let chip = file.words([.chip, .setting], at: point)
      let device = file.words([.device], at: point)
      let model = file.words([.model], at: point)[0]
      let kind = isProgramFile(model) ? "program" : mayBeText(model) ? "text" : "model"
      if kind == "model" && known.insert(chip + device).inserted {
        for fault in chipFaults(chip, device) where told.insert(fault.message).inserted {
          faults.append(fault)
        }
      }
      // Others may have a chip already, beside which none is given.
      let others = kind == "model" ? [] : chip
      guard known.insert([kind] + others + device + file.words([.option], at: point)).inserted
      else { continue }
      do { _ = try parser.request(run.command) } catch let found as Diagnostics {
        for reason in found.items.flatMap({ $0.message.split(separator: "\n") }) {
          let reason = String(reason.drop { $0 == " " })
          guard told.insert(reason).inserted else { continue }
          faults.append(place(of: reason, at: point).fault("run \(run.number): \(reason)"))
        }
      }
    }
    try faults.inOrderOfLines.throwIfErrors()
  }

  /// What is wrong with the chip that `words` ask for, and with the device.
  private func chipFaults(_ words: [String], _ device: [String]) -> [Diagnostic] {
    var name = "hermes"
    var settings: [String] = []
    for (flag, value) in zip(words, words.dropFirst()) {
      if flag == "--chip" { name = value }
      if flag == "--set" { settings.append(value) }
    }
    /// What `body` throws, at `place` unless it stands in a chip file.
    func faults(_ body: () throws -> Void, at place: (Diagnostic) -> Place?) -> [Diagnostic] {
      do { try body() } catch let found as Diagnostics {
        return found.items.map { fault in
          guard fault.file == nil, let place = place(fault) else { return fault }
          return place.fault(fault.message, supported: fault.supported, help: fault.help)
        }
      } catch { return [Diagnostic(.error, "\(error)")] }
      return []
    }
    var chip: Chip?
    let found = faults({ chip = try Chip.load(name, settings: settings) }) { fault in
      settings.last { fault.message.hasPrefix("setting \"\($0)\"") }
        .flatMap { place(of: ["--set", $0]) } ?? place(of: ["--chip", name])
    }
    guard let chip else { return found }
    let device = device.last.map { DeviceName($0) } ?? .own
    return faults({
      _ = try DeviceOptions(device).resolved(on: chip).fidelity(on: chip, chips: 1)
    }) { _ in place(of: ["--device", device.name]) ?? place(of: ["--chip", name]) }
  }

  /// Where the value with these words stands.
  private func place(of words: [String]) -> Place? {
    words.isEmpty
      ? nil
      : file.axes.lazy.flatMap(\.values).first { $0.words == words }?.place
  }

  /// Where the option stands that a message begins with; the model of `point` for other messages.
  private func place(of message: String, at point: SweepPoint) -> Place {
    for (axis, value) in zip(file.axes, file.values(at: point))
    where axis.kind == .option && message.hasPrefix("--\(axis.name):") { return value.place }
    let model = file.axes.firstIndex { $0.kind == .model }
    return file.values(at: point)[model ?? 0].place
  }
}
