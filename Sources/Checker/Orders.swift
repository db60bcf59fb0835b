import Program

extension Prover {
  /// The most elements that walks of one memory are compared by.
  private static let comparedElements = 1 << 24

  /// Checks that no result depends on the order in which a unit takes the elements of an instruction; walks that
  /// are too long to be compared are left to the simulator.
  mutating func checkElementOrder() {
    var order = ElementOrder(program, elements: Self.comparedElements, bytes: memory)
    for (stream, code) in program.streams.map(\.code).enumerated() {
      for (number, instruction) in code.enumerated() {
        let place = Place(stream: stream, instruction: number)
        let fault = try? order.fault(of: instruction, trips: loop(place)?.count ?? 1)
        if let fault { report(at: place, fault) }
      }
    }
  }
}
