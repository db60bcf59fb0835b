import Basics
import Chip
import IR
import Passes

/// The compiler: values in, values out. It reads no file and prints nothing.
///
/// ```swift
/// let chip = try Chip.named("hermes")
/// let typical = TypicalInputs([[image]], origin: "an image")
/// let compilation = try Compiler.compile(graph, for: chip, typical: typical)
/// let bytes = compilation.bytes
/// ```
public enum Compiler {
  /// Runs the passes of the compiler on `graph`, whose dimensions are all of known size.
  ///
  /// `typical` is needed unless `options` ask for a plan, or for a pass that needs no data. Throws `Diagnostics`
  /// with every fault in the structure of the network, or else that a pass finds, and `UnprovedProgram` if the
  /// program does not compute the network, which is a fault of the compiler.
  public static func compile(
    _ graph: Graph, for chip: Chip, options: CompilerOptions = CompilerOptions(),
    typical: TypicalInputs? = nil, names: DimensionNames? = nil,
    observer: CompilerObserver = CompilerObserver()
  ) throws -> Compilation {
    try Diagnostics(graph.verify() + (names?.verify() ?? [])).throwIfErrors()
    var compilation = Compilation(
      of: StageDump(graph), for: chip, options: options, names: names)
    compilation.typical = typical
    try compilation.run(observer: observer)
    return compilation
  }
}

extension Compilation {
  /// Runs the passes of `table` from where the compilation stands, up to the last one that the options want.
  ///
  /// Left out are passes whose product is there already, and those that nobody wants. Throws like
  /// `Compiler.compile`.
  public mutating func run(
    passes table: [Pass] = Pass.all, observer: CompilerObserver = CompilerObserver()
  ) throws {
    if chip.fabric != nil { try requirePlanOfFabric(table) }
    for pass in passes(of: table).dropFirst(passesDone) {
      if runs(pass) { try run(pass, observer) }
      passesDone += 1
    }
  }

  /// Runs one pass, whether it is wanted or not, verifies its product and tells the observer of it.
  ///
  /// Throws like `Compiler.compile`, and `Diagnostics` where the pass would change a network of which later passes
  /// have found something already.
  public mutating func run(_ pass: Pass, _ observer: CompilerObserver = CompilerObserver()) throws {
    let clock = ContinuousClock()
    let start = clock.now
    passRunning = pass.name
    try requireUnseenNetwork(of: pass)
    try observer.begins(pass)
    try pass.run(&self, observer)
    let time = clock.now - start
    noteRun(of: pass.name)
    guard let product = product(of: pass) else {
      preconditionFailure("pass \(pass.name) gives what it says")
    }
    if options.verifyEach { try product.verify(after: pass) }
    try observer.ran(pass, time, product)
    try observer.left(pass, self)
  }

  /// Takes note that the pass `name` need not run again.
  mutating func noteRun(of name: String) {
    if !passesRun.contains(name) { passesRun.append(name) }
  }

  /// What passes have found of a network, as ranges of its values, does not hold for another one.
  private func requireUnseenNetwork(of pass: Pass) throws {
    guard pass.product == .network, calibration != nil || partition != nil else { return }
    let found = calibration != nil ? "calibration" : "partition"
    throw Diagnostics(
      Diagnostic(
        .error, "pass \(pass.name) changes the network, of which there is a \(found) already",
        help:
          "run it before pass \(calibration != nil ? "calibrate" : "partition"), on a text without "
          + "section \"\(found)\""))
  }
}
