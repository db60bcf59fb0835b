import Foundation
import TestSupport
import Testing

/// Tile programs are ELF files to the tools that everybody has.
@Suite struct ELFToolsTests {
  private static let readelf = ["/usr/bin/readelf", "/usr/local/bin/readelf"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  @Test(.enabled(if: readelf != nil, "readelf is not installed"))
  func readelfListsEverySection() throws {
    let folder = try Folder()
    let program = folder.file("net.aimc")
    let run = try Command("compile", Repository.sample("digits/model.onnx"), "-o", program)
    #expect(run.status == 0, "\(run.messages)")
    let listing = try Command(program: #require(Self.readelf), ["-SW", "-s", "-n", program])
    #expect(listing.status == 0)
    let text = listing.text + listing.messages
    #expect(!text.contains("Warning") && !text.contains("Error"), "\(text)")
    for section in [".note.aimc", ".aimc.chip", ".aimc.conductances.0", ".aimc.code.host"] {
      #expect(text.contains(section), "\(section)")
    }
    #expect(text.contains("conv1"))
  }
}
