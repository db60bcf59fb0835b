import ArgumentParser
import Compiler
import Driver

struct SelfTest: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "self-test",
    abstract: "Finds what of a device does not work.",
    discussion: """
      Resets every device of every cell, sets them one after the other, and reads them. The device \
      forgets its program. aimcc compile --fault-map lays programs around what is found.

      Example: aimcc self-test --device chip.socket -o faults.yaml
      """)

  @OptionGroup var link: LinkArguments

  @Option(
    name: .shortAndLong, help: ArgumentHelp("File for the faults.", valueName: "file"),
    completion: .file(extensions: ["yaml"]))
  var output: String?

  @OptionGroup(title: "Output") var results: JSONArguments
  @OptionGroup(title: "Output") var printing: MessageArguments

  func run() throws {
    try runSelfTest(
      device: link.device, output: output, json: results.json, console: printing.console)
  }
}

struct Recalibrate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Calibrates a device anew, as after drift.",
    discussion: """
      The program that was loaded stays. It must hold vectors to calibrate with, as one that was \
      compiled with --routine does.

      Example: aimcc recalibrate --device chip.socket --time 1d
      """)

  @OptionGroup var link: LinkArguments
  @OptionGroup var age: DeviceTimeArguments
  @OptionGroup(title: "Output") var results: JSONArguments
  @OptionGroup(title: "Output") var printing: MessageArguments

  func run() throws {
    try runRecalibrate(
      device: link.device, time: age.time, json: results.json, console: printing.console)
  }
}

/// Where a device is.
struct LinkArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the device listens: the path of a socket, or tcp:PORT of 127.0.0.1.",
      valueName: "socket"),
    completion: .file())
  var device: String
}

/// How old a device is that does not know it.
struct DeviceTimeArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Lets a simulated device be so old, as 30s, 1h, 1d or 1y; it never grows younger.",
      valueName: "time"))
  var time: TimeSpan?
}
