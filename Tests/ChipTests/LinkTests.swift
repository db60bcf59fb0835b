import Chip
import Foundation
import TestSupport
import Testing

@Suite struct LinkTests {
  @Test func hermesLinksKeepWhatIsPublished() throws {
    let chip = try Chip.named("hermes")
    guard case .listed(let list) = chip.links.topology else {
      Issue.record("the links of hermes are listed")
      return
    }
    #expect(chip.links.maximumCount == 418)
    #expect(list.links.count == 386)
    #expect(list.links.allSatisfy { $0.kind == .partialSum })
    let cores = (0..<64).map { CoreID($0) }
    let targets = cores.map { Set(chip.partialSumTargets(of: $0)) }
    let sources = cores.map { core in Set(cores.filter { targets[$0.index].contains(core) }) }
    #expect(targets.map(\.count).max() == 6)
    #expect(sources.map(\.count).max() == 6)
    #expect(targets != sources)
    for core in cores {
      let slice = core.index / 8 == 3 ? [core.index % 8] : []
      #expect(chip.gdpuSlices(fedBy: core) == slice)
    }
    for slice in 0..<8 { #expect(chip.cores(feedingGDPU: slice) == [CoreID(24 + slice)]) }
  }

  /// The published placements: chains of 8 along a row, and of 4 down a column to core row 4.
  @Test func hermesLinksCarryThePublishedPlacements() throws {
    let links = try Chip.named("hermes").links
    for row in 0..<8 {
      for column in 0..<8 {
        let core = CoreID(row * 8 + column)
        if column < 7 {
          let right = CoreID(core.index + 1)
          #expect(links.carriesPartialSums(from: core, to: right))
          #expect(links.carriesPartialSums(from: right, to: core))
        }
        if row < 7 {
          let below = CoreID(core.index + 8)
          #expect(links.carriesPartialSums(from: core, to: below))
          #expect(links.carriesPartialSums(from: below, to: core))
        }
      }
    }
  }

  @Test func theScriptMakesTheLinks() throws {
    let run = try Command(tool: "make-hermes-links", "--check")
    #expect(run.status == 0, "\(run.messages)")
  }

  @Test func listsAreSortedAndUnique() {
    func link(_ source: Int, _ target: Int, _ kind: Links.Kind = .partialSum) -> Links.Link {
      Links.Link(source: CoreID(source), target: .core(CoreID(target)), kind: kind)
    }
    let slice = Links.Link(source: CoreID(2), target: .gdpu(0), kind: .partialSum)
    let list = LinkList([
      link(7, 1), slice, link(2, 9), link(2, 3), link(7, 1), link(2, 5, .activation),
    ])
    #expect(
      list.links == [link(2, 3), link(2, 5, .activation), link(2, 9), slice, link(7, 1)])
    #expect(list == LinkList(list.links.reversed()))
    #expect(Array(list.partialSumTargets(of: CoreID(2))) == [CoreID(3), CoreID(9)])
    #expect(list.partialSumTargets(of: CoreID(3)).isEmpty)
    #expect(Array(list.partialSumTargets(of: CoreID(7))) == [CoreID(1)])
    #expect(list.partialSumTargets(of: CoreID(8)).isEmpty)
    #expect(LinkList([]).partialSumTargets(of: CoreID(0)).isEmpty)
  }

  @Test func kindsAreKept() throws {
    var chip = try Chip.named("tiny")
    chip.links.topology = .listed(
      LinkList([
        Links.Link(source: CoreID(0), target: .core(CoreID(1)), kind: .circuit),
        Links.Link(source: CoreID(0), target: .core(CoreID(1)), kind: .activation),
        Links.Link(source: CoreID(3), target: .gdpu(1), kind: .partialSum),
      ]))
    #expect(try Chip(yaml: chip.yaml) == chip)
    #expect(!chip.links.carriesPartialSums(from: CoreID(0), to: CoreID(1)))
    #expect(chip.cores(feedingGDPU: 1) == [CoreID(3)])
    #expect(chip.cores(feedingGDPU: 2).isEmpty)
  }
}
