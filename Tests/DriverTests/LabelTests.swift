import Basics
import Driver
import Testing

private let input = DataPort(name: "image", element: .f32, shape: [1, 2])
private let logits = DataPort(name: "logits", element: .f32, shape: [1, 3])

/// Labels in the forms in which people save them, and what is odd about data.
@Suite struct LabelTests {
  private let images = NamedTensor(
    name: "x", tensor: Tensor((0..<8).map { Float($0) }, shape: [4, 2]))

  private func read(
    _ arrays: [(String, Tensor)], outputs: [DataPort] = [logits], dropsRest: Bool = false
  ) throws -> DataSet {
    let named = [images] + arrays.map { NamedTensor(name: $0.0, tensor: $0.1) }
    return try DataSet(
      DataSource(path: "d.npz", content: .archive(named)), inputs: [input], outputs: outputs,
      dropsRest: dropsRest)
  }

  private func faults(_ arrays: [(String, Tensor)]) -> String {
    do {
      _ = try read(arrays)
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: ["y", "labels", "label", "targets", "target"])
  func labelsInEveryForm(name: String) throws {
    let wanted = [0, 2, 1, 2]
    let forms = [
      Tensor(wanted.map { UInt8($0) }, shape: [4]),
      Tensor(wanted.map { Int64($0) }, shape: [4, 1]),
      Tensor(wanted.map { Float($0) }, shape: [4]),
      Tensor(wanted.map { Double($0) }, shape: [4, 1]),
      Tensor(wanted.flatMap { k in (0..<3).map { Float($0 == k ? 1 : 0) } }, shape: [4, 3]),
      Tensor(wanted.flatMap { k in (0..<3).map { Int32($0 == k ? 1 : 0) } }, shape: [4, 1, 3]),
    ]
    for form in forms {
      let data = try read([(name, form)])
      #expect(data.labels == wanted && data.warnings.isEmpty, "\(form.type) \(form.shape)")
    }
  }

  @Test func whatIsNoLabelIsRefusedOrTold() throws {
    let floats = Tensor([0.5, 1, 2, 0].map { Float($0) }, shape: [4])
    let twoHot = Tensor([Float](repeating: 1, count: 12), shape: [4, 3])
    let masks = Tensor([UInt8](repeating: 0, count: 16), shape: [4, 2, 2])
    #expect(
      faults([("y", floats)]).contains("\"y\" holds numbers that are not classes, such as 0.5"))
    #expect(faults([("y", twoHot)]).contains("row 0 is not one 1 and else 0"))
    #expect(faults([("y", masks)]).contains("\"y\" is u8 4×2×2"))
    let two = [("labels", Tensor([UInt8](repeating: 0, count: 4), shape: [4])), ("target", floats)]
    #expect(faults(two).contains("name it y"))
    let other = try read([("target", floats)])
    #expect(other.labels == nil && other.warnings.count == 1)
    #expect(other.warnings[0].help == "if it holds the labels, name it y")
    let both = try read([two[0], ("y", Tensor([UInt8](repeating: 1, count: 4), shape: [4]))])
    #expect(both.labels == [1, 1, 1, 1] && both.warnings.count == 1)
    let tenth = try read([("classes", two[0].1)])
    #expect(tenth.warnings[0].help?.contains("labels") == true)
  }

  @Test func labelsBeyondTheClassesAreTold() throws {
    func warning(_ labels: [Int64], _ outputs: [DataPort] = [logits]) throws -> Diagnostic? {
      try read([("y", Tensor(labels, shape: [4]))], outputs: outputs).warnings.first
    }
    #expect(try warning([0, 1, 2, 2]) == nil)
    let beyond = try #require(try warning([0, -1, 2, 7]))
    #expect(beyond.message.contains("2 of 4 labels, such as -1, are none of the 3 classes 0 to 2"))
    #expect(try warning([1, 2, 3, 3])?.help?.contains("subtract 1") == true)
    let number = DataPort(name: "number", element: .f32, shape: [1, 1])
    #expect(try warning([0, 1, 0, 1], [number])?.message.contains("no output has a row") == true)
  }

  @Test func oddNumbersAreTold() throws {
    func warnings(_ numbers: [Float], dropsRest: Bool) throws -> [String] {
      let array = NamedTensor(name: "x", tensor: Tensor(numbers, shape: [2, 2]))
      return try DataSet(
        DataSource(path: "d.npz", content: .archive([array])), inputs: [input], outputs: [logits],
        dropsRest: dropsRest
      ).warnings.map(\.message)
    }
    for dropsRest in [false, true] {
      #expect(try warnings([1, 2, 3, 4], dropsRest: dropsRest).isEmpty)
      #expect(
        try warnings([1, .nan, .infinity, 4], dropsRest: dropsRest)
          == ["input \"image\": 2 of 4 elements are infinite or NaN"])
      #expect(
        try warnings([7, 7, 7, 7], dropsRest: dropsRest)
          == ["input \"image\": all of its 4 elements are 7.0"])
    }
  }
}
