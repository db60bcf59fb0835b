import Foundation
import TestSupport
import Testing

/// The figures of `plot` as PDF and PNG.
@Suite struct PlotTests {
  private let folder: Folder

  init() throws {
    folder = try Folder()
    try write("Kodak", "e.json")
  }

  private func write(_ network: String, _ name: String) throws {
    let row = """
      "device": "pcm", "seeds": 2, "accuracy": 0.9, "low": 0.85, "high": 0.95
      """
    try folder.write(
      text: """
        {"schema": "aimcc.evaluate/1", "network": "\(network)", "chip": "c", "data": "d", \
        "samples": 3, "assumptions": "", "fp32": 0.99, "results": [{"timeSeconds": 0, \(row)}, \
        {"timeSeconds": 86400, \(row)}]}
        """, name)
  }

  /// What `plot` makes of the file `evaluation`, as the file `name`.
  private func figure(
    _ name: String, of evaluation: String = "e.json", environment: [String: String] = [:]
  ) throws -> Data {
    let run = try Command(
      ["plot", evaluation, "-o", name], in: folder.path, environment: environment)
    #expect(run.status == 0 && run.output.isEmpty && run.messages.isEmpty, "\(run.messages)")
    return try Data(contentsOf: URL(filePath: folder.file(name)))
  }

  /// A number of four bytes of a PNG.
  private func number(_ data: Data, at offset: Int) -> Int {
    data.dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | Int($1) }
  }

  @Test func pictureHas300PixelsPerInch() throws {
    let svg = String(decoding: try figure("a.svg"), as: UTF8.self)
    let size = try #require(svg.firstMatch(of: /width="(\d+)" height="(\d+)"/))
    let (width, height) = (try #require(Double(size.1)), try #require(Double(size.2)))
    let png = try figure("a.PNG")
    #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
    // The head of the picture, its size, and how many pixels a metre has.
    #expect(number(png, at: 16) == Int((width * 300 / 96).rounded(.up)))
    #expect(number(png, at: 20) == Int((height * 300 / 96).rounded(.up)))
    #expect(String(decoding: png[37..<41], as: UTF8.self) == "pHYs")
    #expect(number(png, at: 41) == 11_811 && number(png, at: 45) == 11_811 && png[49] == 1)
    #expect(try figure("b.png") == png)
    // Text is drawn: another name is another picture.
    try write("Anton", "f.json")
    #expect(try figure("c.png", of: "f.json") != png)
  }

  /// Where Python checks every part of a picture: the checksums, and that nothing is missing.
  @Test func pictureIsWhole() throws {
    _ = try figure("a.png")
    let script = """
      import zlib
      data, place, names = open("a.png", "rb").read(), 8, []
      while place < len(data):
          size = int.from_bytes(data[place:place + 4], "big")
          part = data[place + 4:place + 8 + size]
          assert zlib.crc32(part) == int.from_bytes(data[place + 8 + size:place + 12 + size], "big")
          names.append(part[:4].decode())
          place += size + 12
      assert place == len(data)
      print(names[:2], names[-1])
      """
    let run = try Command(program: "python3", ["-c", script], in: folder.path)
    #expect(run.text == "['IHDR', 'pHYs'] IEND\n", "\(run.messages)")
  }

  @Test func pageHoldsItsFonts() throws {
    let pdf = try figure("a.pdf")
    let text = String(decoding: pdf, as: Unicode.ASCII.self)
    #expect(text.hasPrefix("%PDF-1.") && text.hasSuffix("%%EOF\n"))
    // 720 of 96 in an inch are 540 points.
    #expect(text.contains("/MediaBox [ 0 0 540 "))
    let fonts = text.matches(of: /\/Type \/FontDescriptor/).count
    #expect(fonts > 0 && text.matches(of: /\/FontFile/).count == fonts)
    #expect(!text.contains("/Subtype /Image"))
    #expect(text.contains("/CreationDate (19700101000000"))
    #expect(try figure("b.pdf") == pdf)
    let dated = try figure("c.pdf", environment: ["SOURCE_DATE_EPOCH": "1700000000"])
    #expect(String(decoding: dated, as: Unicode.ASCII.self).contains("(20231114221320"))
  }

  // MARK: Refusals

  @Test(arguments: ["a.pdf", "a.png"]) func missingProgramIsNamed(name: String) throws {
    let run = try Command(
      ["plot", "none.json", "-o", name], in: folder.path, environment: ["PATH": ""])
    #expect(run.status == 1 && run.output.isEmpty)
    let form = name.suffix(3).uppercased()
    #expect(run.messages.contains("\(form) needs rsvg-convert, which is not installed"))
    #expect(run.messages.contains("apt-get install librsvg2-bin"))
    // All faults are told at once.
    #expect(run.messages.contains("none.json: error: there is no such file"))
    #expect(folder.files == ["e.json"])
    let drawn = try Command(
      ["plot", "e.json", "-o", "a.svg"], in: folder.path, environment: ["PATH": ""])
    #expect(drawn.status == 0)
  }

  @Test(arguments: ["exit 3", "exit 0", "kill -9 $$", "head -c 1 >/dev/null; printf '%%PDF-'"])
  func failingProgramLeavesNoFile(line: String) throws {
    let tools = folder.file("tools")
    try FileManager.default.createDirectory(atPath: tools, withIntermediateDirectories: false)
    let program = tools + "/rsvg-convert"
    try "#!/bin/sh\n\(line)\n".write(toFile: program, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    let run = try Command(
      ["plot", "e.json", "-o", "a.pdf"], in: folder.path,
      environment: ["PATH": "\(tools):/usr/bin:/bin"])
    #expect(run.status == 1 && run.messages.contains("\(program): error: gives no PDF"))
    #expect(folder.files == ["e.json", "tools"])
  }

  /// What is called so in the current folder is not run.
  @Test func currentFolderIsNotSearched() throws {
    let program = try folder.write(text: "#!/bin/sh\ntouch harmed\n", "rsvg-convert")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    let run = try Command(
      ["plot", "e.json", "-o", "a.pdf"], in: folder.path, environment: ["PATH": ".:"])
    #expect(run.status == 1 && folder.files == ["e.json", "rsvg-convert"])
  }
}
