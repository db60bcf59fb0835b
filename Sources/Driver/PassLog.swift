import Basics
import Compiler
import Passes
import Program

/// What a command tells of the passes that run: their times, and the products that the user wants to see.
struct PassLog {
  private let options: CompileOptions
  private let console: Console
  private(set) var times: [PassTime]
  /// The time that it took to read the model, which counts for the first pass.
  var importTime = Duration.zero

  /// Starts a log, behind passes with `times`.
  init(_ options: CompileOptions, _ console: Console, after times: [PassTime] = []) {
    self.options = options
    self.console = console
    self.times = times
  }

  /// Runs the passes that are left; the program goes to `output`, if that is given.
  ///
  /// Returns why it cannot be written, if so. Throws `Diagnostics` from the pass that cannot go on, and
  /// `ReproducedFault` for a program that is not that of the network, which leaves a reproducer.
  @discardableResult mutating func run(
    _ compilation: inout Compilation, writtenTo output: OutputFile? = nil, model: String
  ) throws -> Diagnostics? {
    var unwritten: Diagnostics?
    var ran: [PassTime] = []
    let (printAfter, console) = (options.printAfter, console)
    var observer = CompilerObserver()
    observer.ran = { pass, time, _ in
      ran.append(PassTime(pass: pass.name, milliseconds: time.milliseconds))
    }
    observer.left = { [options] pass, compilation in
      if printAfter.contains(pass) {
        console.report("// after \(pass.name)\n\(compilation.text)")
      }
      try options.dumpFolder.map { DumpFolder(path: $0) }?
        .write(compilation, after: pass, options: options, model: model)
    }
    observer.begins = { try console.status("compiling: \($0.name)") }
    observer.keep = { image, proof in
      do { try image.keep(in: output, proof) } catch let faults as Diagnostics {
        // What became of the network is told all the same.
        unwritten = faults
        try proof(image.bytes)
      }
    }
    defer {
      console.clearStatus()
      if times.isEmpty, !ran.isEmpty { ran[0].milliseconds += importTime.milliseconds }
      times += ran
    }
    do {
      try namingNodes(of: model) { try compilation.run(observer: observer) }
    } catch let fault as UnprovedProgram {
      throw ReproducedFault(
        fault, Reproducer(stage: fault.stage, model: model, options: options))
    }
    return unwritten
  }
}

extension ELFImage {
  /// Writes the bytes to `file` as they are proved; without a file they stay in memory.
  fileprivate func keep(in file: OutputFile?, _ proof: (Bytes) throws -> Void) throws {
    guard let file else { return try proof(bytes) }
    try write(to: file, check: proof)
  }
}
