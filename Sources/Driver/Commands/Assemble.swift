import Basics
import Compiler
import IR
import Program

/// Assembles the program whose assembly is at `path`, with the lists that it does not hold from the weight file beside
/// it, and writes the program, or what `emit` says.
///
/// Throws `Diagnostics` with every fault of the assembly or of the program.
func assemble(
  _ path: String, output: String?, emit: Emission, console: Console
) throws -> ExitStatus {
  try requireFile(path, "the assembly of a program (\(assemblySuffix))")
  let name = path.split(separator: "/").last.map(String.init) ?? path
  let target = output ?? (emit == .program ? replacingExtension(name, with: programSuffix) : "-")
  var files = CommandFiles()
  files.reads(path)
  files.reads(path + weightsSuffix)
  let file = target == "-" ? nil : files.opened(target, "--output")
  try files.faults.throwIfErrors()
  let program = try assembled(path)
  if emit == .svg {
    guard let file else {
      try console.write(program.program.floorplan)
      return .done
    }
    try file.write(program.program.floorplan)
    try file.complete()
    return .done
  }
  let bytes = try program.program.encoded()
  guard let file else {
    try console.write(bytes)
    return .done
  }
  try bytes.withUnsafeBytes(file.write)
  try file.complete()
  try console.write(
    Page("program        \(target), \(grouped(bytes.count)) bytes\n"))
  return .done
}

/// The program whose assembly is at `path`.
private func assembled(_ path: String) throws -> ValidProgram {
  var payloads: [Bytes] = []
  if PathKind(path + weightsSuffix) != .missing {
    payloads = try WeightFile(path: path + weightsSuffix).tensors.map(\.bytes)
  }
  do {
    return try ValidProgram(Program(assembly: readText(path), file: path, payloads: payloads))
  } catch var faults as Diagnostics {
    for index in faults.items.indices where faults.items[index].file == nil {
      faults.items[index].file = path
    }
    if payloads.isEmpty, let last = faults.items.indices.last, faults.items[last].help == nil {
      faults.items[last].help =
        "lists that the assembly does not hold stand in \(path + weightsSuffix), which -o writes"
    }
    throw faults
  }
}
