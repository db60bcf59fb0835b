import ArgumentParser
import Compiler
import Driver

/// A page of the manual that is about no single command.
struct HelpTopic {
  let name: String
  let summary: String
  private let bytes: [UInt8]

  /// The page, in Markdown.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// All pages, in the order in which they are listed.
  static let all = [
    HelpTopic(
      name: "chips", summary: "presets, chip files, networks that do not fit",
      bytes: PackageResources.chips_md),
    HelpTopic(
      name: "accuracy", summary: "what costs accuracy, and what helps",
      bytes: PackageResources.accuracy_md),
    HelpTopic(
      name: "devices", summary: "what simulated chips are made of",
      bytes: PackageResources.devices_md),
    HelpTopic(
      name: "data", summary: "inputs, labels, typical inputs, open dimensions",
      bytes: PackageResources.data_md),
    HelpTopic(
      name: "dumps", summary: "stages of the compiler as text, assembly",
      bytes: PackageResources.dumps_md),
    HelpTopic(
      name: "sweeps", summary: "grids of evaluations, here and on clusters",
      bytes: PackageResources.sweeps_md),
  ]
}

struct Help: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows help about a command, or a page of the manual.",
    discussion: "Example: aimcc help accuracy")

  @Argument(
    help: "A command, or a page: \(HelpTopic.all.map(\.name).joined(separator: ", ")).",
    completion: .list(HelpTopic.all.map(\.name)))
  var topic: [String] = []

  func run() throws { try Console().write(page()) }

  private func page() throws -> String {
    guard let name = topic.first else {
      return Aimcc.helpMessage() + "\n" + Self.topics
    }
    if topic.count == 1, let page = HelpTopic.all.first(where: { $0.name == name }) {
      return page.text
    }
    // A page may have the name of a command, whose help --help shows.
    guard topic.count == 1,
      let command = Aimcc.configuration.subcommands.first(where: { $0._commandName == name })
    else {
      throw ValidationError(
        "there is no command and no page \"\(topic.joined(separator: " "))\"; pages are "
          + HelpTopic.all.map(\.name).joined(separator: ", "))
    }
    return Aimcc.helpMessage(for: command) + "\n"
  }

  private static let topics =
    "\nPAGES OF THE MANUAL:\n"
    + HelpTopic.all.map { topic in
      "  \(topic.name)\(String(repeating: " ", count: max(24 - topic.name.count, 1)))\(topic.summary)\n"
    }.joined() + "\n  See 'aimcc help <page>'.\n"
}

extension CompletionKind {
  /// Names of presets, and chip files in the folder.
  static let chips = CompletionKind.custom { _, _, prefix in chipNames(startingWith: prefix) }
}
