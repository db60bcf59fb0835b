import Basics
import Chip
import Compiler

/// Reads the tree of a sweep file, and collects every fault on the way.
struct SweepReader {
  /// Says what is wrong with words of `aimcc evaluate`, each with its values; `nil` if nothing is.
  let faultOfWords: ([String]) -> String?
  private var sweep = SweepFile()
  private var faults = Diagnostics()

  /// Reads `text`; `file` is its name in diagnostics, and `faultOfWords` checks the values of options.
  ///
  /// Throws `Diagnostics` with all faults, with their lines.
  static func read(
    _ text: String, file: String, faultOfWords: @escaping ([String]) -> String?
  ) throws -> SweepFile {
    let tree = try YAMLTree(
      yaml: text, file: file, limit: SweepFile.maximumSize,
      beginning: "begin with the line `aimcc: \(SweepFile.format)`")
    var reader = SweepReader(faultOfWords: faultOfWords)
    reader.read(tree)
    try reader.faults.inOrderOfLines.throwIfErrors()
    return reader.sweep
  }

  private init(faultOfWords: @escaping ([String]) -> String?) { self.faultOfWords = faultOfWords }

  private static let keys = [
    "aimcc", "models", "chips", "set", "devices", "options", "times", "seeds", "first-seed",
    "seeds-per-run", "except",
  ]
  /// The most faults that are told.
  private static let maximumFaults = 100

  private mutating func report(_ fault: Diagnostic) {
    if faults.items.count < Self.maximumFaults { faults.append(fault) }
  }

  private mutating func read(_ tree: YAMLTree) {
    for entry in tree.entries where !Self.keys.contains(entry.key) {
      report(unknown("key", entry, among: Self.keys))
    }
    if case .scalar(let format)? = tree["aimcc"]?.content, format.text == SweepFile.format {
    } else {
      let place = tree["aimcc"]?.place ?? tree.place
      report(
        place.fault("is no sweep of this form", supported: "aimcc: \(SweepFile.format)"))
    }
    if tree["models"] == nil {
      report(tree.place.fault("names no models", supported: "models: with a section for each"))
    }
    for entry in tree.entries {
      switch entry.key {
      case "models": readModels(entry)
      case "chips": readNames(entry, .chip, "chip", "--chip")
      case "devices": readNames(entry, .device, "device", "--device")
      case "set": readSettings(entry)
      case "options": readOptions(entry)
      case "times": readTimes(entry.value)
      case "seeds":
        sweep.seeds = number(entry, in: 1...SweepFile.maximumSeeds) ?? sweep.seeds
      case "first-seed": sweep.firstSeed = UInt64(number(entry, in: 0...(1 << 53)) ?? 0)
      case "seeds-per-run": sweep.seedsPerRun = number(entry, in: 1...SweepFile.maximumSeeds)
      default: break
      }
    }
    sweep.axes = sweep.axes.filter { !$0.values.isEmpty }
    if !faults.hasErrors, let exceptions = tree["except"] { readExceptions(exceptions) }
  }

  private func unknown(
    _ what: String, _ entry: YAMLTree.Entry, among names: [String]
  ) -> Diagnostic {
    let suggestion = NearMatch.suggestion(for: entry.key, among: names)
    return entry.place.fault(
      "unknown \(what) \"\(printable(String(entry.key.prefix(80))))\"",
      supported: suggestion == nil ? names.joined(separator: ", ") : nil, help: suggestion)
  }

  // MARK: Values

  /// The text of a scalar; empty where nothing is given, which YAML also writes as `~` and `null`.
  private func text(_ tree: YAMLTree) -> String? {
    guard case .scalar(let scalar) = tree.content else { return nil }
    return scalar.isPlain && ["~", "null"].contains(scalar.text) ? "" : scalar.text
  }

  /// The elements of a list, or the value itself where there is one alone.
  private func list(_ tree: YAMLTree) -> [YAMLTree] {
    if case .list(let items) = tree.content { items } else { [tree] }
  }

  private mutating func number(_ entry: YAMLTree.Entry, in range: ClosedRange<Int>) -> Int? {
    if let value = text(entry.value).flatMap({ Int($0) }), range.contains(value) { return value }
    report(
      entry.value.place.fault(
        "\(entry.key) must be a whole number from \(range.lowerBound) to \(range.upperBound), not "
          + entry.value.kind))
    return nil
  }

  /// Adds an axis; says where it has a value twice, or none.
  private mutating func add(
    _ kind: SweepAxis.Kind, _ name: String, _ place: Place, _ values: [SweepAxis.Value]
  ) {
    var known: Set<[String]> = []
    for value in values where !known.insert(value.words).inserted {
      report(value.place.fault("\(name) has the value \(value.label) twice"))
    }
    sweep.axes.append(SweepAxis(kind: kind, name: name, place: place, values: values))
  }

  private mutating func requireFile(_ path: String, _ place: Place) {
    if PathKind(path) == .missing {
      report(place.fault("there is no such file or folder: \(path)"))
    }
  }

  private mutating func readNames(
    _ entry: YAMLTree.Entry, _ kind: SweepAxis.Kind, _ name: String, _ flag: String
  ) {
    var values: [SweepAxis.Value] = []
    for item in list(entry.value) {
      guard let text = text(item), !text.isEmpty else {
        report(item.place.fault("a \(name) must be a name, not \(item.kind)"))
        continue
      }
      var value = SweepAxis.Value(label: text, words: [flag, text], place: item.place)
      if kind == .chip { value.files = Chip.files(of: text) }
      values.append(value)
    }
    if values.isEmpty && !faults.hasErrors {
      report(entry.value.place.fault("\(entry.key) names none"))
    }
    add(kind, name, entry.place, values)
  }

  private mutating func readTimes(_ tree: YAMLTree) {
    var times: [TimeSpan] = []
    for item in list(tree) {
      guard let found = text(item).flatMap({ TimeSpan.list($0) }) else {
        report(
          item.place.fault(
            "\(item.kind) is no time", supported: "times such as 0, 30s, 10min, 1h, 1d or 1y"))
        continue
      }
      for time in found {
        if times.contains(where: { $0.seconds == time.seconds }) {
          report(item.place.fault("the time \(time) is given twice"))
        }
        times.append(time)
      }
    }
    sweep.times = times.isEmpty ? nil : times.map(\.description).joined(separator: ",")
  }

  // MARK: Models

  private mutating func readModels(_ entry: YAMLTree.Entry) {
    let named = entry.value.entries
    if named.isEmpty {
      report(
        entry.value.place.fault(
          "models must be sections by name, not \(entry.value.kind)",
          supported: "NAME: {model: net.onnx, data: test.npz}"))
    }
    let values = named.compactMap { readModel($0) }
    add(.model, "model", entry.place, values)
  }

  private mutating func readModel(_ entry: YAMLTree.Entry) -> SweepAxis.Value? {
    guard case .mapping(let fields) = entry.value.content else {
      report(
        entry.value.place.fault(
          "a model must be a section, not \(entry.value.kind)",
          supported: "{model: net.onnx, data: test.npz}"))
      return nil
    }
    let keys = ["model", "data"] + SweepOption.ofModels.map(\.name)
    for field in fields where !keys.contains(field.key) {
      report(unknown("key", field, among: keys))
    }
    var paths: [String: String] = [:]
    for key in ["model", "data"] {
      guard let tree = entry.value[key] else {
        report(entry.place.fault("the model \(entry.key) lacks \(key)"))
        continue
      }
      guard let path = text(tree), !path.isEmpty, path != "-", !path.hasPrefix("-") else {
        report(tree.place.fault("\(key) must be the path of a file, not \(tree.kind)"))
        continue
      }
      requireFile(path, tree.place)
      paths[key] = path
    }
    guard let model = paths["model"], let data = paths["data"] else { return nil }
    var value = SweepAxis.Value(
      label: entry.key, words: [model, "--data", data], place: entry.place)
    var options = CompileOptions()
    for option in SweepOption.ofModels {
      guard let tree = entry.value[option.name], let found = read(option, tree) else { continue }
      value.words += found.words
      if option.isFile { options.calibrate = found.files.first }
    }
    value.files = CommandFiles.files(model: model) + CommandFiles.files(data: data)
    if !isProgramFile(model) {
      let typical = options.calibrate ?? TypicalData.beside(model)
      value.files += typical.map(CommandFiles.files(data:)) ?? []
    }
    return value
  }

  // MARK: Settings and options

  private mutating func readSettings(_ entry: YAMLTree.Entry) {
    guard case .mapping(let settings) = entry.value.content else {
      report(
        entry.value.place.fault(
          "set must be a section of keys of chip files, not \(entry.value.kind)",
          supported: "adc.bits: [6, 8]"))
      return
    }
    for setting in settings {
      var values: [SweepAxis.Value] = []
      for item in list(setting.value) {
        guard let text = text(item) else {
          report(item.place.fault("\(setting.key) must be a value, not \(item.kind)"))
          continue
        }
        values.append(
          SweepAxis.Value(
            label: text.isEmpty ? "-" : text,
            words: text.isEmpty ? [] : ["--set", "\(setting.key)=\(text)"], place: item.place))
      }
      add(.setting, setting.key, setting.place, values)
    }
  }

  private mutating func readOptions(_ entry: YAMLTree.Entry) {
    guard case .mapping(let options) = entry.value.content else {
      report(
        entry.value.place.fault(
          "options must be a section of options of aimcc evaluate, not \(entry.value.kind)",
          supported: "copies: [0, 1]"))
      return
    }
    for given in options {
      guard let option = SweepOption.named(given.key) else {
        report(unknown("option", given, among: SweepOption.all.map(\.name)))
        continue
      }
      add(
        .option, option.name, given.place, list(given.value).compactMap { read(option, $0) })
    }
  }

  /// One value of `option`; of an option that may be repeated, a list is all of them at once.
  private mutating func read(_ option: SweepOption, _ tree: YAMLTree) -> SweepAxis.Value? {
    let flag = "--\(option.name)"
    var words: [String] = []
    var texts: [String] = []
    if case .list(let items) = tree.content, option.form == .values {
      texts = items.compactMap { text($0) }
      if texts.count < items.count || texts.contains("") {
        report(tree.place.fault("\(option.name) must be a list of values"))
        return nil
      }
    } else if let text = text(tree) {
      texts = text.isEmpty ? [] : [text]
    } else {
      report(tree.place.fault("\(option.name) must be a value, not \(tree.kind)"))
      return nil
    }
    if option.form == .flag {
      guard let text = texts.first, ["true", "false"].contains(text) else {
        report(tree.place.fault("\(option.name) is true or false, not \(tree.kind)"))
        return nil
      }
      words = text == "true" ? [flag] : []
    } else {
      words = texts.flatMap { [flag, $0] }
    }
    if !words.isEmpty, let fault = faultOfWords(words) {
      report(tree.place.fault(fault))
      return nil
    }
    var value = SweepAxis.Value(
      label: texts.isEmpty ? "-" : texts.joined(separator: ","), words: words, place: tree.place)
    if option.isFile {
      for text in texts {
        if option.name == "faults", case .rates? = FaultSource(text) { continue }
        requireFile(text, tree.place)
        value.files.append(text)
      }
    }
    return value
  }

  // MARK: Exceptions

  private mutating func readExceptions(_ tree: YAMLTree) {
    for item in list(tree) {
      guard case .mapping(let entries) = item.content, !entries.isEmpty else {
        report(
          item.place.fault(
            "an entry of except must be a section, not \(item.kind)",
            supported: "{device: quantized, routine: refit}"))
        continue
      }
      var exception: [(axis: Int, values: Set<Int>)] = []
      for entry in entries {
        guard let axis = sweep.axes.firstIndex(where: { $0.name == entry.key }) else {
          report(unknown("axis", entry, among: sweep.axes.map(\.name)))
          continue
        }
        var values: Set<Int> = []
        for value in list(entry.value) {
          let label = text(value).map { $0.isEmpty ? "-" : $0 }
          if let index = sweep.axes[axis].values.firstIndex(where: { $0.label == label }) {
            values.insert(index)
          } else {
            report(
              value.place.fault(
                "\(entry.key) has no value \(value.kind)",
                supported: sweep.axes[axis].values.map(\.label).joined(separator: ", ")))
          }
        }
        exception.append((axis, values))
      }
      sweep.exceptions.append(exception)
    }
  }
}
