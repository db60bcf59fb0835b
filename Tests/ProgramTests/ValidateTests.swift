import Basics
import Chip
import Program
import TestSupport
import Testing

/// Each rule, broken by a change of the listing of a valid program.
@Suite struct ValidateTests {
  /// What is changed, to what, and what is said of it.
  static let cases: [(old: String, new: String, message: String)] = [
    ("chips 2", "chips 0", "the number of chips is 0"),
    ("counters 3", "counters 4", "counter 3 is never used"),
    ("counters 3", "counters 999", "there are 999 counters, more than the 10 descriptors"),
    ("counters 3", "counters 2", "descriptor 3 refers to counter 2, but the program has 2"),
    // Ports.
    ("in x#0, scale = 0.25", "in #9", "input \"x\" is in buffer 9, but the program has 8"),
    ("in x#0, scale = 0.25", "in #1", "input \"x\" is not in a buffer of the host"),
    ("in x#0, scale = 0.25", "in #6", "input \"x\" is in a constant buffer"),
    ("in x#0, scale = 0.25", "in x#0, scale = -1", "input \"x\" has the scale -1.0"),
    ("in x#0, scale = 0.25", "in x#0, scale = nan", "input \"x\" has the scale nan"),
    (
      "output \"y\" f32[2, 3]", "output \"y\" f32[7]",
      "output \"y\" differs from its buffer in size"
    ),
    ("output \"y\" f32", "output \"y\" i32", "output \"y\" is in a buffer of type f32"),
    ("output \"y\"", "output \"y\" f32[6], in #4\noutput \"y\"", "output \"y\" appears twice"),
    (
      "output \"y\"", "input \"z\" f32[8], in #0\noutput \"y\"",
      "input \"z\" is in the buffer of another input"
    ),
    (
      "in x#0, scale = 0.25", "in x#0, scale = 0.25, samples #9",
      "input \"x\" has no samples in buffer 9"
    ),
    (
      "in x#0, scale = 0.25", "in x#0, scale = 0.25, samples #0",
      "input \"x\" has no samples in buffer 0"
    ),
    // Buffers.
    ("columns 0.0, capacity 3", "columns 0.0, capacity 0", "has room for 0 of 6 elements"),
    ("columns 0.0, capacity 3", "columns 0.0, capacity 7", "has room for 7 of 6 elements"),
    ("\"#7 bool[1]", "\"#7 bool[-1]", "has -1 elements"),
    ("columns 0.1", "columns 0.4", "is in core 0.4, which does not exist"),
    ("columns 0.1", "columns 2.1", "is in core 2.1, which does not exist"),
    ("#3 f32[6], columns", "#3 f16[6], columns", "holds columns of type f16"),
    (
      "link 0.0 to 1", "link 0.0 to 3",
      "is in a link from core 0 to 3, which the chip does not have"
    ),
    ("link 0.0 to 1", "link 0.0 to 8", "is in a link between cores that do not exist"),
    ("i64[2], host = [1, 0]", "i64[2], columns 0.0 = [1, 0]", "is constant, but not in the host"),
    ("i64[2], host", "i64[3], host", "has a constant of the wrong size"),
    // Blocks.
    ("rows 0..<4", "rows 0..<0", "of 0×3 does not fit 16×8"),
    ("rows 0..<4", "rows 0..<17", "of 17×3 does not fit 16×8"),
    ("rows 0..<4", "rows 0..<5", "has more or fewer conductances than its rows and columns"),
    ("g-max = 20.0, devices 1", "g-max = 0", "has the g_max 0.0"),
    ("g-max = 20.0, devices 1", "g-max = 21", "has the g_max 21.0"),
    ("g-max = 20.0, devices 1", "g-max = nan", "has the g_max nan"),
    ("devices 1", "devices 3", "has 3 devices on each side of a pair"),
    ("scales = [0.5,", "scales = [inf,", "has column scales that are missing or not finite"),
    ("conductances = [1.0,", "conductances = [1.001,", "a conductance that is not within -1 and 1"),
    ("conductances = [1.0,", "conductances = [nan,", "a conductance that is not within -1 and 1"),
    (
      "  conductances = [1.0,",
      "  residuals = columns from 2 by 2, share = 0.5\n  conductances = [1.0,",
      "has conductances in error columns"
    ),
    (
      "  conductances = [1.0,",
      "  residuals = columns from 3 by 3, share = 0.5\n  conductances = [1.0,",
      "has error columns that do not follow the columns that they correct"
    ),
    (
      "  conductances = [1.0,",
      "  residuals = columns from 2 by 1, share = 1.5\n  conductances = [1.0,",
      "has error columns that do not follow the columns that they correct"
    ),
    (
      "columns 0..<3, g-max = 20.0, devices 1",
      "columns 3..<6, g-max = 20.0, devices 1\n  residuals = columns from 3 by 3, share = 0.5",
      "corrects columns that no block of its rows on the same number of tiles holds"
    ),
    // Tiles.
    ("core 1.2, block 1", "core 1.4, block 1", "tile 0 is on core 1.4, which does not exist"),
    ("core 1.2, block 1", "core 1.2, block 2", "tile 0 refers to block 2, but the program has 2"),
    ("at 3, 5", "at 3, 6", "tile 0 does not lie inside the crossbar of 16×8"),
    ("at 3, 5", "at 13, 5", "tile 0 does not lie inside the crossbar of 16×8"),
    (
      "core 1.2, block 1, at 3, 5", "core 0.0, block 1, at 3, 2",
      "tiles 1 and 0 overlap on core 0.0"
    ),
    // Affine functions.
    ("gains = [0.5, 0.25, 1.0]", "gains = []", "affine 0 has no values, or some missing"),
    ("gains = [0.5, 0.25, 1.0]", "gains = [0.5, 0.25, nan]", "affine 0 has no values, or some"),
    (
      "gains = [0.5, 0.25, 1.0]\n  offsets = [0.0, 0.0, 0.0]", "gains = [1]\n  offsets = [1]",
      "the vectors need an element for every column of the affine function"
    ),
    // Descriptors.
    ("descriptor @8 numbers#6", "descriptor @8 #99", "descriptor 8 refers to buffer 99"),
    ("counter 0 by 6", "counter 0 by 0", "descriptor 1 counts by 0"),
    ("advance 3", "advance 2000000000000", "descriptor 6 has a base or an advance beyond 2^40"),
    ("advance 3", "advance 4", "descriptor 6 reaches elements 0 to 6 of 6"),
    ("advance 3", "advance -1", "descriptor 6 reaches elements -1 to 2 of 6"),
    ("outer 4, axis 0", "outer 4, axis 2", "descriptor 7 loops along axis 2, but has 2 axes"),
    ("outer 4, axis 0", "outer 0, axis 0", "descriptor 7 has a loop of 0 steps of 1"),
    ("axis 0, step 0", "axis 0, step 268435456", "has a loop of 2 steps of 268435456"),
    ("vectors 1..<3", "vectors 1..<5", "descriptor 7 takes the vectors 1..<5 of 4"),
    ("vectors 1..<3", "elements 1..<4", "descriptor 7 takes the elements 1..<4 of 3"),
    ("stride 3, origin -1", "stride 9, origin -1", "descriptor 7 reaches elements 0 to 11 of 6"),
    ("stride 3, origin -1", "stride 3, origin -3000000000", "origin or stride beyond 2^31"),
    // Streams.
    ("unit ldpu 0.0", "unit ldpu 0.7", "the chip has no ldpu 0.7"),
    ("unit gdpu 1.1", "unit gdpu 1.2", "the chip has no gdpu 1.2"),
    ("unit gdpu 1.1", "unit gdpu 2.1", "the chip has no gdpu 2.1"),
    (
      "unit crossbar 0.1", "unit crossbar 0.0",
      "crossbar 0.0 is out of order: it follows crossbar 0.0"
    ),
    ("unit ldpu 0.1", "unit host", "host is out of order: it follows ldpu 0.0"),
    ("unit gdpu 1.1\n  end", "unit gdpu 1.1", "gdpu 1.1 must have exactly one end"),
    ("unit gdpu 1.1\n  end", "unit gdpu 1.1\n  end\n  end", "gdpu 1.1 must have exactly one end"),
    ("  loop 2\n", "", "instruction 3: next without loop"),
    ("L4:\n  next\n", "L4:\n", "instruction 0: loop without next"),
    ("loop 2", "loop 0", "instruction 0 (loop): the count is 0"),
    ("jump L9", "jump L4", "instruction 8 (jump): instruction 4 is not in the same loop"),
    ("jump L9", "jump 10", "instruction 8 (jump): there is no instruction 10"),
    ("map.exp y@6, y@6", "mvm y@6, y@6, tile 0", "instruction 3 (mvm): does not run on this unit"),
    ("map.exp y@6, y@6", "map.exp y@6, @10", "instruction 3 (map): there is no descriptor 10"),
    ("map.exp y@6, y@6", "map.exp y@6, x@0", "instruction 3 (map): the counts differ"),
    ("map.exp y@6, y@6", "copy @8, @8", "descriptor 8 writes a constant or an input"),
    ("map.exp y@6, y@6", "copy @0, @0", "descriptor 0 writes a constant or an input"),
    ("map.exp y@6, y@6", "map.exp @9, @9", "the elements are not floating-point numbers"),
    ("map.exp y@6, y@6", "copy y@6, @1", "an operand is not in the host"),
    ("branch.nonzero L4, \"zählunǵ\"@9", "branch.zero L4, y@6", "the source is not one element"),
    ("zip.add y@4, y@4, bias@5", "zip.add y@4, y@4, y@6", "the counts differ"),
    ("zip.add y@4, y@4, bias@5", "copy @9, @8", "the counts differ"),
    ("zip.add y@4, y@4, bias@5", "zip.add @9, @9, @8", "nor all integers of one type"),
    ("zip.add y@4, y@4, bias@5", "zip.and y@4, y@4, y@4", "the elements are not integers"),
    ("zip.add y@4, y@4, bias@5", "zip.less y@4, y@4, y@4", "the destination holds no truth values"),
    ("zip.add y@4, y@4, bias@5", "select y@4, y@4, y@4, y@4", "first source holds no truth values"),
    ("zip.add y@4, y@4, bias@5", "select @9, @9, @9, y@4", "the element types differ"),
    ("zip.add y@4, y@4, bias@5", "reduce.sum y@6, y@4", "needs an element for every vector"),
    ("zip.add y@4, y@4, bias@5", "contract y@6, y@4, y@4", "an element for every pair of vectors"),
    ("zip.add y@4, y@4, bias@5", "contract y@6, y@4, y@6", "sources differ in vectors or elements"),
    ("gather y@4, y@7, numbers@8", "gather y@4, y@7, y@6", "the numbers are not integers"),
    ("gather y@4, y@7, numbers@8", "gather y@6, y@7, numbers@8", "a vector for every number"),
    ("gather y@4, y@7, numbers@8", "gather y@4, x@0, numbers@8", "the vectors differ in elements"),
    ("gather y@4, y@7, numbers@8", "gather y@4, @8, numbers@8", "the element types differ"),
    ("gather y@4, y@7, numbers@8", "scatter.add y@4, y@7, y@6", "the numbers are not integers"),
    ("gather y@4, y@7, numbers@8", "scatter.add y@7, @8, numbers@8", "the element types differ"),
    ("gather y@4, y@7, numbers@8", "scatter.max y@4, x@0, numbers@8", "vectors differ in elements"),
    ("gather y@4, y@7, numbers@8", "sort.ascending y@4, y@7", "the destination holds no integers"),
    ("tile 1, scale = 0.1", "tile 3, scale = 0.1", "there is no tile 3"),
    ("tile 1, scale = 0.1", "tile 2, scale = 0.1", "the tile is not on this core"),
    ("tile 1, scale = 0.1", "tile 1", "scale is 0.0"),
    ("tile 1, scale = 0.1", "tile 1, scale = inf", "scale is inf"),
    (
      "\"columns a\"@1, x@0", "\"columns b\"@3, x@0",
      "the destination is not the columns of this core"
    ),
    ("\"columns a\"@1, x@0", "\"columns a\"@1, y@4", "an element for every row of the tile"),
    ("\"columns a\"@1, x@0", "\"columns a\"@1, numbers@8", "not floating-point numbers"),
    (
      "affine partial@2", "affine \"columns a\"@1", "neither in the host nor at a link of this core"
    ),
    ("none, affine 0", "none, affine 2", "there is no affine 2"),
    ("none, affine 0", "y@4, affine 0", "the partial sum is not in a link to this core"),
    ("none, affine 0", "none, affine 0, partial = 1", "has a step of the partial sum"),
    ("scale = 0.02, partial = 0.01", "scale = 0.02", "the step of the partial sum is 0"),
    ("wait partial@2", "wait y@4", "there is no counter to wait for"),
    ("affine partial@2", "affine y@4", "counter 1 is waited for, but never advanced"),
    ("gdpu 1.1\n  end", "gdpu 1.1\n  reduce.sum @9, @8\n  end", "nor all integers of one type"),
    (
      "inner 4, axis 1, step 1\ndescriptor @1 \"columns a\"#1, counter 0 by 6",
      "inner 4, axis 1, step 0\n  inner 4, axis 1, step 0\ndescriptor @1 #1, counter 0 by 6",
      "an element for every row of the tile"
    ),
    // Symbols.
    ("Gather, covers 2", "Gather, covers 10", "symbol 1 (\"gather/0\") covers no code"),
    ("Gather, covers 2", "Gather, covers 0", "symbol 1 (\"gather/0\") covers no code"),
  ]

  @Test(arguments: cases)
  func everyRuleIsKept(_ old: String, _ new: String, _ message: String) throws {
    var listing = try sampleProgram().assembly()
    let range = try #require(listing.firstRange(of: old), "the sample has no \(old)")
    listing.replaceSubrange(range, with: new)
    // Without the names before descriptors, which the assembler compares.
    listing.replace(#/("[^"]*"|[a-z]+)(?=@)/#, with: "")
    let program = try Program(assembly: listing)
    let faults = #expect(throws: Diagnostics.self) {
      try ValidProgram(program, file: "sample.aimc")
    }
    let messages = faults?.items.map(\.message) ?? []
    #expect(messages.contains { $0.contains(message) }, "\(messages)")
    #expect(faults?.items.allSatisfy { $0.file == "sample.aimc" && $0.location != nil } ?? false)
  }

  @Test func symbolsAscend() throws {
    var program = try sampleProgram()
    program.symbols.swapAt(0, 2)
    let faults = #expect(throws: Diagnostics.self) { try ValidProgram(program) }
    #expect(faults?.items.first?.message == "symbol 1 is not in ascending order of code")
  }

  @Test func allFaultsAreListedUpToAHundred() throws {
    var program = try smallProgram()
    program.descriptors += Array(repeating: program.descriptors[0], count: 150)
    for index in program.descriptors.indices { program.descriptors[index].buffer = BufferID(77) }
    let faults = try #require(#expect(throws: Diagnostics.self) { try ValidProgram(program) })
    #expect(faults.items.count == 101)
    #expect(faults.items.last?.message.hasSuffix("more faults are not listed") == true)
  }

  @Test func slicesTakeOnlySoManyInputs() throws {
    for (elements, isValid) in [(8, true), (9, false)] {
      var program = Program(
        network: "", compiler: "", chip: try Chip.named("tiny"), chipCount: 1)
      program.buffers = [Buffer(name: "", space: .host, element: .f32, count: 2, capacity: 2)]
      program.descriptors = [
        Descriptor(buffer: BufferID(0), axes: [], loops: [], innerLoops: 0),
        Descriptor(
          buffer: BufferID(0), base: 1, axes: [.init(extent: 1, stride: 1)],
          loops: [.init(count: elements, axis: 0, step: 0)], innerLoops: 1),
      ]
      let sum = Instruction(.reduce, operands: [0, 1])
      program.streams = [
        Stream(unit: .gdpu(chip: 0, slice: 0), code: [sum, Instruction(.end)])
      ]
      #expect(((try? ValidProgram(program)) != nil) == isValid)
    }
  }

  /// The bounds of a walk are those that its elements, counted one by one, have.
  @Test(arguments: 0..<400)
  func walksStayInsideTheirMemory(_ seed: Int) throws {
    var generator = SplitMix64(seed: UInt64(seed))
    func random(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    let axes = (0..<random(1...3)).map { _ in
      Descriptor.Axis(origin: random(-4...4), extent: random(0...5), stride: random(-5...5))
    }
    let loops = (0..<random(0...4)).map { _ in
      Descriptor.Loop(
        count: random(1...3), axis: random(0...axes.count - 1), step: random(-2...2))
    }
    let descriptor = Descriptor(
      buffer: BufferID(0), base: random(0...20), axes: axes, loops: loops, innerLoops: 0)
    var program = Program(
      network: "", compiler: "", chip: try Chip.named("tiny"), chipCount: 1)
    program.buffers = [Buffer(name: "", space: .host, element: .f32, count: 25, capacity: 25)]
    program.descriptors = [descriptor]
    program.streams = [
      Stream(unit: .host, code: [Instruction(.fill, operands: [0]), Instruction(.end)])
    ]
    let isInside = Self.places(descriptor).allSatisfy { (0..<25).contains($0) }
    #expect(((try? ValidProgram(program)) != nil) == isInside, "\(descriptor)")
  }

  /// The elements in the box of coordinates, within the extents, that a walk goes through.
  private static func places(_ descriptor: Descriptor) -> [Int] {
    let walked = (0..<descriptor.count).map { number in
      var rest = number
      var coordinates = descriptor.axes.map(\.origin)
      for loop in descriptor.loops.reversed() {
        coordinates[loop.axis] += rest % loop.count * loop.step
        rest /= loop.count
      }
      return coordinates
    }
    return descriptor.axes.enumerated().reduce([descriptor.base]) { places, entry in
      let along = walked.map { $0[entry.offset] }
      let box = (along.min()!...along.max()!).filter { (0..<entry.element.extent).contains($0) }
      return places.flatMap { place in box.map { place + $0 * entry.element.stride } }
    }
  }

  /// Lines of a core that are not each line once, of a core that is not there, or out of order.
  @Test func linesAreChecked() throws {
    var program = try sampleProgram()
    let lines = reversedLines(of: program.chip)
    func faults(_ change: (inout [CoreLines]) -> Void) throws -> [String] {
      program.lines = [lines]
      change(&program.lines)
      do { _ = try ValidProgram(bytes: program.encoded()) } catch let found as Diagnostics {
        return found.items.map(\.message)
      }
      return []
    }
    #expect(try faults { _ in } == [])
    #expect(
      try faults { $0[0].rows[3] = 0 } == ["core 0.1 does not have each of its 16 word lines once"])
    #expect(
      try faults { $0[0].columns[3] = 8 } == ["core 0.1 does not have each of its 8 bit lines once"]
    )
    #expect(try faults { $0[0].core = CoreID(9) } == ["core 0.9 has lines, but does not exist"])
    #expect(try faults { $0.append(lines) } == ["core 0.1 is out of order: cores ascend"])
    #expect(
      try faults { $0[0].rows.removeLast() } == [
        "core 0.1 has more or fewer lines than the crossbar"
      ])
  }
}
