import Foundation
import IR
import TestSupport
import Testing

/// The host code of every operator computes what the reference does, over its element types, special
/// numbers, shapes and attributes.
///
/// `AIMCC_SWEEP_COUNT` and `AIMCC_SWEEP_SEED` make it as long as one likes, as tools/sweep-host-code does;
/// `AIMCC_SWEEP_CASE=OPERATOR:NUMBER` prints one case.
@Suite struct HostCodeTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let seed = environment["AIMCC_SWEEP_SEED"].flatMap(UInt64.init) ?? 1
  /// Cases of each operator.
  private static let count =
    (environment["AIMCC_SWEEP_COUNT"].flatMap(Int.init) ?? 6000)
    / Operator.all.count

  @Test(arguments: Operator.all.map(\.name)) func hostCodeIsTheReferences(name: String) throws {
    let row = try #require(Operator.all.first { $0.name == name })
    var (compared, failures) = (0, 0)
    var others: [String: Int] = [:]
    for number in 0..<Self.count {
      let drawn = row.drawn(seed: Self.seed, number: number)
      switch try drawn.run() {
      case .agrees: compared += 1
      case .refused(let reason), .meaningless(let reason): others[reason, default: 0] += 1
      case .departs(let reason):
        failures += 1
        if failures <= 3 {
          Issue.record("case \(name):\(number) of seed \(Self.seed): \(reason)\n\(drawn)")
        }
      }
    }
    if failures > 3 { Issue.record("\(name): \(failures) of \(Self.count) depart") }
    let most = others.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key ?? ""
    #expect(
      compared * 4 >= Self.count, "\(name): only \(compared) of \(Self.count) compare: \(most)")
  }

  /// A row for every operator of Specs/ir.md, whose table IRTests hold to the code.
  @Test func everyOperatorHasARow() throws {
    let table = try SpecificationPage("ir.md")
      .rows("| operator | ONNX | operands | first operand |")
    let names = table.map { $0[0].replacing("`", with: "") }
    let rows = Operator.all.map(\.name)
    #expect(Set(rows).count == rows.count)
    // Nodes with regions are no rows of the table.
    let control = ["if", "loop", "scan"]
    #expect(Set(names).union(control) == Set(rows).union(Operator.others.keys))
    #expect(Set(rows).isDisjoint(with: Operator.others.keys))
  }

  @Test(.enabled(if: environment["AIMCC_SWEEP_CASE"] != nil)) func oneCase() throws {
    let parts = (Self.environment["AIMCC_SWEEP_CASE"] ?? "").split(separator: ":")
    let row = try #require(Operator.all.first { $0.name == parts[0] })
    let drawn = row.drawn(seed: Self.seed, number: try #require(Int(parts[1])))
    print(drawn, try drawn.run())
  }
}
