import Basics
import Chip
import Compiler
import IR
import Passes
import Testing

/// The passes that a row of the table of options names, and what rows of passes say.
@Suite struct OptionPassTests {
  private static let network = """
    graph "net" {
      input %0 "x": f32[1, 2, 8, 8]
      constant %1 "kernel": f32[4, 2, 3, 3] = random(seed: 1)
      %2 "a": f32[1, 4, 6, 6] = conv "conv" (%0, %1) {kernel = [3, 3], relu = true}
      constant %3 "own": f32[4, 1, 3, 3] = random(seed: 2)
      %4 "b": f32[1, 4, 4, 4] = conv "depthwise" (%2, %3) {groups = 4, kernel = [3, 3]}
      %5 "c": f32[1, 64] = flatten "flatten" (%4) {axis = 1}
      constant %10 "gains": f32[64] = dense[50, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
      %11 "e": f32[1, 64] = mul "gained" (%5, %10)
      constant %6 "w": f32[64, 40] = random(seed: 3)
      %7 "d": f32[1, 40] = matmul "dense" (%11, %6)
      constant %8 "v": f32[40, 3] = random(seed: 4)
      %9 "y": f32[1, 3] = matmul "last" (%7, %8)
      output %9
    }

    """

  /// Values that show what options do.
  private static let values: [String: [String]] = [
    "chips": ["2"], "digital": ["dense"], "analog": ["depthwise"], "pin": ["dense=40"],
    "seed": ["7"], "predistort": ["1d"], "copies": ["0", "2", "4"], "outliers": ["50%"],
    "copies-of": ["dense=2"], "input-range": ["90%"],
    "range": ["0.5"], "model": ["pcm"],
  ]

  /// Passes that look at an option where this does not show: `partition` takes over what the options of the
  /// mapping say for the passes behind it, and this network's drift is that of every device model.
  private static let hidden: [String: Set<String>] = [
    "optimize": ["replicate"], "packing": ["replicate"], "pin": ["place"], "seed": ["place"],
    "model": ["quantize"],
  ]

  /// What there is after a pass, which runs if it is wanted, or why there is nothing.
  private func outcome(
    of pass: Pass, _ compilation: Compilation, _ values: OptionValues
  ) -> String {
    var compilation = compilation
    var options = CompilerOptions()
    if case .fixed(let count) = values.chips { options.chips = count }
    (options.mapping, options.accuracy) = (values.mapping, values.accuracy)
    compilation.options = options
    do { try compilation.run(passes: Pass.upTo(pass)) } catch { return "\(error)" }
    return compilation.text
  }

  /// Runs all passes on a small network, each with and without every option, and returns the names of the passes
  /// that an option makes a difference to.
  private func differences(beside base: OptionValues) throws -> [String: Set<String>] {
    let graph = try StageDump(text: Self.network) { try Chip.named($0) }.graph
    let chip = try Chip.load("hermes", settings: ["crossbar.line-current-limit=5"])
    var compilation = Compilation(of: StageDump(graph), for: chip)
    (compilation.options.mapping, compilation.options.accuracy) = (base.mapping, base.accuracy)
    compilation.typical = try TypicalInputs(synthetic: graph)
    var found: [String: Set<String>] = [:]
    for pass in Pass.all {
      let usual = outcome(of: pass, compilation, base)
      for option in CompileOption.table where option.name != "search-time" {
        for word in Self.values[option.name] ?? (option.form == .flag ? [""] : option.choices) {
          var values = base
          #expect(option.read(word, &values), "\(option.name) \(word)")
          if outcome(of: pass, compilation, values) != usual {
            found[option.name, default: []].insert(pass.name)
          }
        }
      }
      try compilation.run(passes: Pass.upTo(pass))
    }
    return found
  }

  /// The passes that look at an option are those that its row names.
  @Test func aRowNamesThePassesThatLookAtTheOption() throws {
    var treated = OptionValues()
    (treated.accuracy.copies, treated.accuracy.residual) = (4, true)
    (treated.accuracy.routine, treated.accuracy.weightRange) = (.column, .leastSquares)
    var hosted = OptionValues()
    hosted.mapping.objective = .energy
    var separated = OptionValues()
    separated.accuracy.outliers = 0.5
    var found: [String: Set<String>] = [:]
    var centered = OptionValues()
    (centered.accuracy.centers, centered.accuracy.copies) = (true, 2)
    for base in [OptionValues(), treated, hosted, centered, separated] {
      found.merge(try differences(beside: base)) { $0.union($1) }
    }
    for option in CompileOption.table where !["accuracy", "search-time"].contains(option.name) {
      let (seen, hidden) = (found[option.name] ?? [], Self.hidden[option.name] ?? [])
      #expect(seen.union(hidden) == Set(option.passes), "\(option.name): \(seen)")
    }
  }

  /// The search for accuracy looks wherever one of the options does that it tries.
  @Test func theSearchLooksAtWhatItTries() throws {
    let search = CompileOption.setting(\.accuracyTarget)
    let tried = CompileOption.table.filter { !$0.trials.isEmpty }
    #expect(Set(search.passes) == Set(tried.flatMap(\.passes)))
    #expect(
      search.readers.map(\.name) == ["smooth", "separate", "center", "copy", "quantize", "emit"])
  }

  /// A pass reads what its row says: without typical inputs, or on another chip, the others give the same.
  @Test func aRowOfAPassSaysWhatItReads() throws {
    let graph = try StageDump(text: Self.network) { try Chip.named($0) }.graph
    var compilation = Compilation(of: StageDump(graph), for: try Chip.named("hermes"))
    compilation.options.accuracy.copies = 1
    compilation.typical = try TypicalInputs(synthetic: graph)
    for pass in Pass.all {
      var without = compilation
      without.typical = nil
      let lacks = Result { try without.run(pass) }
      if case .failure(let fault) = lacks {
        #expect(pass.readsInputs && "\(fault)".contains("needs typical inputs"), "\(pass.name)")
      } else {
        #expect(!pass.readsInputs, "\(pass.name)")
      }
      try compilation.run(pass)
    }
  }
}
