import Program

/// A counted loop whose iterations are steps that several units take together.
///
/// What a step writes is awaited anew with each step: the n-th execution of an instruction in a loop
/// waits for n times what its descriptor says.
struct StepLoop {
  /// The number of steps.
  let count: Int
  /// What a step has added to the counter of each buffer so far.
  var written: [BufferID: Int] = [:]
  /// What each step adds to the counters of buffers that carry something over from the step before:
  /// the same as was added before the first step.
  var carried: [BufferID: Int] = [:]
  /// The memories of the host into which slices of a GDPU write with each step what the host reads.
  var returned: Set<BufferID> = []

  /// What a step waits for before it reads a buffer; 0 for nothing.
  func awaited(_ buffer: BufferID) -> Int { carried[buffer] ?? written[buffer] ?? 0 }
}
