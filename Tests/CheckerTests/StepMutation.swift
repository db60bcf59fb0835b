import Program

/// One way to make the loop of a recurrent layer wrong.
enum StepMutation: String, CaseIterable {
  case fewerSteps, unpaced, stillInput, stillState, stateOfNextStep, uncountedState, lateState
  case otherInitialState, forwardResult, earlySums

  /// Changes the first such place of `program`; `false` if there is none.
  func apply(to program: inout Program) -> Bool {
    switch self {
    case .fewerSteps:
      return change(.loop, &program, where: { unit, _ in unit.kind == .crossbar }) {
        code, number, _ in
        code[number].operands[0] -= 1
      }
    case .unpaced:
      // Without the wait for the state, products of x run ahead of what reads their columns.
      let (descriptors, buffers) = (program.descriptors, program.buffers)
      return change(
        .wait, &program,
        where: { unit, instruction in
          let memory = descriptors[Int(instruction.operands[0])].buffer
          return unit.kind == .crossbar && buffers[memory.index].name.hasSuffix("·states")
        }
      ) { code, number, _ in code.remove(at: number) }
    case .stillInput:
      return changeWalk(.mvm, 1, &program, where: { $0.counter == nil && $0.advance != 0 }) {
        $0.advance = 0
      }
    case .stillState:
      return changeWalk(.mvm, 1, &program, where: { $0.counter != nil && $0.advance != 0 }) {
        $0.advance = 0
      }
    case .stateOfNextStep:
      return changeWalk(.mvm, 1, &program, where: { $0.counter != nil && $0.advance != 0 }) {
        $0.base += $0.advance
        $0.advance = 0
      }
    case .uncountedState:
      return changeWalk(.mvm, 1, &program, where: { $0.counter != nil && $0.advance != 0 }) {
        $0.counter = nil
        $0.amount = 0
      }
    case .lateState:
      return changeWalk(.mvm, 1, &program, where: { $0.counter != nil && $0.advance != 0 }) {
        $0.amount += 1
      }
    case .otherInitialState:
      return changeWalk(.fill, 0, &program, where: { _ in true }) { $0.base += 1 }
        || changeWalk(.cast, 0, &program, where: { $0.counter != nil }) { $0.base += 1 }
    case .forwardResult:
      return changeWalk(.cast, 1, &program, where: { $0.base != 0 && $0.counter != nil }) {
        $0.base = 0
      }
    case .earlySums:
      // The host reads what local units write with each step without waiting for it.
      return changeWalk(.map, 1, &program, where: { $0.counter != nil }) {
        $0.counter = nil
        $0.amount = 0
      }
    }
  }

  private func change(
    _ opcode: Opcode, _ program: inout Program, where isWanted: (Unit, Instruction) -> Bool,
    _ body: (inout [Instruction], Int, inout Program) -> Void
  ) -> Bool {
    for stream in program.streams.indices {
      for (number, instruction) in program.streams[stream].code.enumerated()
      where instruction.opcode == opcode && isWanted(program.streams[stream].unit, instruction) {
        var code = program.streams[stream].code
        body(&code, number, &program)
        program.streams[stream].code = code
        program.symbols.removeAll { $0.stream == stream }
        return true
      }
    }
    return false
  }

  /// Gives the first instruction whose operand names a wanted walk a changed copy of it.
  private func changeWalk(
    _ opcode: Opcode, _ operand: Int, _ program: inout Program,
    where isWanted: @escaping (Descriptor) -> Bool, body: (inout Descriptor) -> Void
  ) -> Bool {
    let descriptors = program.descriptors
    return change(
      opcode, &program,
      where: { _, instruction in isWanted(descriptors[Int(instruction.operands[operand])]) }
    ) { code, number, program in
      var walk = descriptors[Int(code[number].operands[operand])]
      body(&walk)
      program.descriptors.append(walk)
      code[number].operands[operand] = UInt32(program.descriptors.count - 1)
    }
  }
}
