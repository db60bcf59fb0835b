import Basics
import Driver
import Foundation
import Program
import TestSupport
import Testing

/// Memory that cannot be had, files that are none, and files that change are faults of the input.
@Suite struct LimitTests {
  private let folder: Folder
  private let digits = Repository.sample("digits/model.onnx")

  init() throws { folder = try Folder() }

  /// Under any limit of the address space a command ends, and says why.
  @Test(arguments: (0..<12).map { 100 + 80 * $0 })
  func addressSpace(mebibytes: Int) throws {
    for command in [
      "chips", "inspect \(digits)", "compile \(digits) -o net.aimc",
      "verify \(digits) --device quantized",
      "run \(digits) --data \(Repository.sample("digits/test.npz"))",
    ] {
      let run = try Command(
        shell: "ulimit -v \(mebibytes * 1024); timeout 120 aimcc \(command)", in: folder.path)
      // 127: the libraries themselves do not fit.
      #expect([0, 1, 127].contains(run.status), "\(mebibytes) MiB, \(command): \(run.messages)")
      #expect(run.status == 0 || !run.messages.isEmpty)
      #expect(folder.files.allSatisfy { $0 == "net.aimc" })
    }
  }

  @Test func memoryThatCannotBeHadIsAFault() throws {
    let graph = "graph \"g\" {\\n}\\n"
    let large =
      "head -c 400000000 /dev/zero | tr '\\0' ' ' > large.aim; printf '\(graph)' >> large.aim"
    let run = try Command(
      shell: "\(large); ulimit -v 900000; aimcc inspect large.aim", in: folder.path)
    #expect(run.status == 1, "\(run.messages)")
    #expect(run.messages.contains("error: "))
  }

  /// A small archive of small integers is unpacked once and converted once, not more.
  @Test func smallArchivesStayWithinWhatTheyUnpackTo() throws {
    let (program, data) = (folder.file("net.aimc"), folder.file("data.npz"))
    #expect(try Command("compile", digits, "-o", program, "-q").status == 0)
    let count = 48 << 20
    let zeros = Tensor(
      type: .i8, shape: [count / 64, 1, 8, 8], bytes: Bytes(count: count) { _ in })
    try writeNPZ([NamedTensor(name: "x", tensor: zeros)], to: data)
    let size = try FileManager.default.attributesOfItem(atPath: data)[.size] as? Int
    #expect(try #require(size) < 1 << 20)
    // The data are read before the limit is found too low, and no inference runs.
    let run = try MeasuredRun("simulate", program, "--data", data, "--max-instructions", "1")
    #expect(run.status == 1)
    #expect(run.memory < 8 * count, "\(run.memory) bytes")
  }

  /// Walks of a small program through billions of vectors are compared without tables of them.
  @Test(arguments: [
    ("network-mlp", Opcode.mvm, "writes a column twice"),
    ("lstm", .fill, "does not write the hidden state of one step"),
  ])
  func walksOfSmallProgramsStaySmall(name: String, opcode: Opcode, message: String) throws {
    let (model, file) = (ModelFolder(made: name), folder.file("net.aimc"))
    let compiled = try Command(
      "compile", model.model, "-o", file, "-q", "--calibrate", model.path)
    try #require(compiled.status == 0, "\(compiled.messages)")
    let bytes = try Data(contentsOf: URL(filePath: file))
    var program = try ValidProgram(bytes: Bytes(copying: Array(bytes))).program
    func isMeant(_ instruction: Instruction) -> Bool {
      guard instruction.opcode == opcode, opcode == .fill else {
        return instruction.opcode == opcode
      }
      let buffer = program.descriptors[Int(instruction.operands[0])].buffer
      return program.buffers[buffer.index].name.hasSuffix("·states")
    }
    let unit = try #require(program.streams.firstIndex { $0.code.contains(where: isMeant) })
    let number = try #require(program.streams[unit].code.firstIndex(where: isMeant))
    for (index, kind) in opcode.row.operands.enumerated()
    where kind == .destination || kind == .source {
      let operand = program.streams[unit].code[number].operands[index]
      let walk = program.descriptors[Int(operand)]
      let axes = walk.axes + [.init(extent: 1, stride: 0)]
      var repeated = Descriptor(
        buffer: walk.buffer, counter: walk.counter, amount: walk.amount, base: walk.base,
        advance: walk.advance, axes: axes,
        loops: [.init(count: 1 << 27, axis: axes.count - 1, step: 0)] + walk.loops,
        innerLoops: walk.innerLoops)
      repeated.elements = walk.elements
      program.streams[unit].code[number].operands[index] = UInt32(program.descriptors.count)
      program.descriptors.append(repeated)
    }
    try program.encoded().withUnsafeBytes { Data($0) }.write(to: URL(filePath: file))
    let run = try Command("check", file, model.model)
    #expect(run.status == 2 && run.messages.contains(message), "\(run.status) \(run.messages)")
    let memory = try MeasuredRun("check", file, model.model).memory
    #expect(memory < 512 << 20, "\(memory) bytes")
  }

  /// Pipes, devices and sockets are refused at once, as whatever they are given.
  @Test func whatIsNoRegularFileIsRefused() throws {
    mkfifo(folder.file("fifo"), 0o600)
    mkfifo(folder.file("fifo.aimc"), 0o600)
    mkfifo(folder.file("fifo.aim"), 0o600)
    mkfifo(folder.file("fifo.yaml"), 0o600)
    mkfifo(folder.file("nowhere.bin"), 0o600)
    try FileManager.default.copyItem(
      atPath: Repository.model("bad/external-missing.onnx"),
      toPath: folder.file("external.onnx"))
    try "extends: ./fifo.yaml\nname: a\nsummary: a\n".write(
      toFile: folder.file("base.yaml"), atomically: true, encoding: .utf8)
    let text = try Command("compile", digits, "--emit", "graph", "-o", folder.file("g.aim"))
    #expect(text.status == 0)
    try FileManager.default.removeItem(atPath: folder.file("g.aim.weights"))
    mkfifo(folder.file("g.aim.weights"), 0o600)
    let data = Repository.sample("digits/test.npz")
    for command in [
      "compile g.aim", "inspect fifo", "compile fifo -o x", "inspect /dev/zero",
      "inspect external.onnx",
      "compile external.onnx", "compile fifo.aim -o x", "run fifo --data \(data)",
      "run \(digits) --data fifo", "verify \(digits) --data /dev/urandom",
      "compile \(digits) --calibrate fifo", "compile \(digits) --chip ./fifo.yaml",
      "compile \(digits) --chip ./base.yaml", "chips /dev/zero", "simulate fifo --data \(data)",
      "evaluate fifo.aimc --data \(data)", "evaluate \(digits) --data fifo", "merge fifo",
      "verify --batch fifo", "cat /dev/null | aimcc inspect /dev/stdin",
    ] {
      let words = command.hasPrefix("cat") ? command : "aimcc \(command)"
      let run = try Command(shell: "timeout 20 \(words)", in: folder.path)
      #expect(run.status == 1, "\(command): \(run.status) \(run.messages)")
      #expect(run.messages.contains("is not a regular file, but a "), "\(run.messages)")
    }
    let named = try Command(
      shell: "timeout 20 aimcc inspect /dev/stdin < \(digits)", in: folder.path)
    #expect(named.status == 0, "\(named.messages)")
  }

  /// A file that becomes shorter while it is read ends the command with its name.
  @Test func filesThatBecomeShorter() throws {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (64, 1, 8, 8), }"
    let padded = header + String(repeating: " ", count: 117 - header.utf8.count) + "\n"
    var bytes = Data([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, UInt8(padded.utf8.count), 0])
    bytes += padded.utf8
    bytes += Data(repeating: 0, count: 4 * 64 * 64)
    try bytes.write(to: URL(filePath: folder.file("x.npy")))
    // Every chip reads the data anew.
    let run = try Command(
      shell: """
        (sleep 3; truncate -s 0 x.npy) & timeout 100 aimcc evaluate \(digits) --data x.npy \
        --seeds 100000 --csv a.csv -q
        """, in: folder.path)
    #expect(run.status == 1, "\(run.status): \(run.messages)")
    #expect(run.messages.contains("x.npy: error: cannot be read to its end"))
    #expect(folder.files == ["x.npy"])
  }
}
