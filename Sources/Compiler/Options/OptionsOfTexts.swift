import Basics
import Passes

extension OptionValues {
  /// As many of these words as have an effect where compilation goes on from `stage`.
  public func words(from stage: StageDump) -> [String] {
    CompileOption.table.filter { option in
      option.readers.contains { !stage.holds($0) }
    }.flatMap { $0.words(in: self) }
  }
}

extension Compilation {
  /// Throws `Diagnostics` that name every option by which `values` say something that only passes look at whose
  /// products the compilation began with.
  public func requireEffects(of values: OptionValues, file: String) throws {
    var usage = OptionUsage("", given: [], values: values)
    usage.passes = passes(of: Pass.all).filter { !given.holds($0) }
    usage.isPlan = options.plan
    let faults = CompileOption.table.filter { $0.isSaid(in: values) }.compactMap { option in
      usage.reason(readers: option.readers, starting: option.starts).map { reason in
        Diagnostic(
          .error, file: file, "\(option.flag) has no effect on this text: \(reason)",
          help: "leave it out, or give what the text was made from")
      }
    }
    try Diagnostics(faults).throwIfErrors()
  }
}
