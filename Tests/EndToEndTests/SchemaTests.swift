import Foundation
import TestSupport
import Testing

/// Every JSON document has a schema in Specs, which tools/check-schemas holds documents to.
@Suite struct SchemaTests {
  /// The forms that the code names.
  private static func forms() throws -> Set<String> {
    var forms: Set<String> = []
    let sources = Repository.path("Sources")
    for name in try FileManager.default.subpathsOfDirectory(atPath: sources)
    where name.hasSuffix(".swift") {
      let text = try String(contentsOfFile: "\(sources)/\(name)", encoding: .utf8)
      for match in text.matches(of: /"(aimcc\.[a-z.-]+\/\d+)"/) {
        forms.insert(String(match.output.1))
      }
    }
    return forms
  }

  /// The schemas by the names of their files.
  private static func schemas() throws -> [String: [String: Any]] {
    let folder = Repository.path("Specs/schemas")
    var schemas: [String: [String: Any]] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      let data = try Data(contentsOf: URL(filePath: "\(folder)/\(name)"))
      schemas[name] = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
    return schemas
  }

  @Test func everyFormHasASchema() throws {
    let forms = try Self.forms()
    #expect(forms.count > 20)
    let schemas = try Self.schemas()
    #expect(Set(schemas.values.compactMap { $0["title"] as? String }) == forms)
    for (name, schema) in schemas {
      let title = try #require(schema["title"] as? String)
      let stem = title.dropFirst("aimcc.".count).prefix { $0 != "/" }
      #expect(name == "\(stem).json")
      let form = (schema["properties"] as? [String: Any])?["schema"] as? [String: Any]
      #expect(form?["const"] as? String == title, "\(name)")
    }
  }

  /// A field that no schema knows would be refused, wherever it stands.
  @Test func schemasNameAllFields() throws {
    func expectClosed(_ value: Any, _ place: String) {
      if let list = value as? [Any] {
        for item in list { expectClosed(item, place) }
      } else if let object = value as? [String: Any] {
        if object["type"] as? String == "object" {
          #expect(object["additionalProperties"] != nil, "\(place)")
        }
        for (key, inner) in object { expectClosed(inner, "\(place).\(key)") }
      }
    }
    for (name, schema) in try Self.schemas() { expectClosed(schema, name) }
  }

  /// The page about the command line has a row for each.
  @Test func thePageNamesEveryForm() throws {
    let page = try String(contentsOfFile: Repository.path("Specs/cli.md"), encoding: .utf8)
    for form in try Self.forms() { #expect(page.contains("| `\(form)` |"), "\(form)") }
  }
}
