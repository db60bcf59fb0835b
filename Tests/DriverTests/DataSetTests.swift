import Basics
import Driver
import Frontend
import TestSupport
import Testing

private let image = DataPort(name: "image", element: .f32, shape: [1, 2])
private let logits = DataPort(name: "logits", element: .f32, shape: [1, 3])

private func archive(_ arrays: [(String, Tensor)]) -> DataSource {
  DataSource(
    path: "data.npz", content: .archive(arrays.map { NamedTensor(name: $0.0, tensor: $0.1) }))
}

private func bytes(_ count: Int, _ shape: [Int]) -> Tensor {
  Tensor((0..<count).map { UInt8($0) }, shape: shape)
}

private func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return ""
  } catch {
    return "\(error)"
  }
}

@Suite struct DataSetTests {
  @Test func dividesTheLeadingDimension() throws {
    let source = archive([("x", bytes(8, [4, 2])), ("y", bytes(4, [4]))])
    let data = try DataSet(source, inputs: [image], outputs: [logits])
    #expect(data.count == 4)
    #expect(data.inputs == [Tensor((0..<8).map { Float($0) }, shape: [4, 1, 2])])
    #expect(data.labels == [0, 1, 2, 3])
    #expect(data.expected == [nil])
    #expect(data.inputs(2..<3) == [Tensor([Float(4), 5], shape: [1, 1, 2])])
    let pairs = DataPort(name: "image", element: .f32, shape: [2, 2])
    #expect(try DataSet(source, inputs: [pairs], outputs: [logits]).count == 2)
    let whole = DataPort(name: "image", element: .f32, shape: [4, 2])
    #expect(try DataSet(source, inputs: [whole], outputs: [logits]).count == 1)
    let sample = DataPort(name: "image", element: .f32, shape: [2])
    #expect(try DataSet(source, inputs: [sample], outputs: [logits]).count == 4)
    let three = DataPort(name: "image", element: .f32, shape: [3, 2])
    #expect(
      message { _ = try DataSet(source, inputs: [three], outputs: []) }
        .contains("4 samples do not divide into inferences of 3"))
  }

  @Test func findsArraysByName() throws {
    let second = DataPort(name: "bias", element: .i64, shape: [])
    let source = archive([
      ("image", bytes(4, [2, 2])), ("bias", Tensor(scalar: UInt8(7))),
      ("output_0", Tensor([Float](repeating: 0.5, count: 6), shape: [2, 3])),
      ("ids", bytes(2, [2])),
    ])
    let data = try DataSet(source, inputs: [image, second], outputs: [logits])
    #expect(data.inputs[1] == Tensor([Int64(7), 7], shape: [2]))
    #expect(data.expected[0]?.shape == [2, 1, 3])
    #expect(
      data.warnings.map(\.message) == [
        "\"ids\" (u8 2) is not used: it is not an input, output or label"
      ])
  }

  @Test func tellsLabelsFromAnOutputNamedY() throws {
    let output = DataPort(name: "y", element: .f32, shape: [1, 3])
    let labelled = archive([("x", bytes(4, [2, 2])), ("y", bytes(2, [2, 1]))])
    let data = try DataSet(labelled, inputs: [image], outputs: [output])
    #expect(data.labels == [0, 1] && data.expected == [nil])
    let expecting = archive([("x", bytes(4, [2, 2])), ("y", bytes(6, [2, 3]))])
    let other = try DataSet(expecting, inputs: [image], outputs: [output])
    #expect(other.labels == nil && other.expected[0]?.shape == [2, 1, 3])
  }

  @Test func listsWhatItFoundAndWhatItNeeds() {
    let text = message {
      _ = try DataSet(archive([("images", bytes(4, [2, 2]))]), inputs: [image], outputs: [logits])
    }
    #expect(text.contains("\"image\" (f32 1×2)"))
    #expect(text.contains("\"images\" (u8 2×2)"))
    #expect(text.contains("\"input_0\" or \"x\""))
  }

  @Test func refusesWhatWouldLosePrecision() {
    let inexact = archive([("x", Tensor([0.1, 0.5], shape: [1, 2]))])
    #expect(
      message { _ = try DataSet(inexact, inputs: [image], outputs: []) }
        .contains("cannot become f32: 0.1 would change"))
    let large = archive([("x", Tensor([Int32(1 << 24 + 1), 0], shape: [1, 2]))])
    #expect(message { _ = try DataSet(large, inputs: [image], outputs: []) }.contains("16777217"))
    let integers = DataPort(name: "n", element: .u8, shape: [1, 2])
    let real = archive([("x", Tensor([Float(1), 2], shape: [1, 2]))])
    #expect(
      message { _ = try DataSet(real, inputs: [integers], outputs: []) }.contains(
        "cannot become u8"))
  }

  @Test func acceptsDoublesThatAreExactFloats() throws {
    let source = archive([("x", Tensor([0.5, .infinity], shape: [1, 2]))])
    let data = try DataSet(source, inputs: [image], outputs: [])
    #expect(data.inputs == [Tensor([Float(0.5), .infinity], shape: [1, 1, 2])])
  }

  @Test func refusesLabelsThatDoNotDivide() {
    let source = archive([("x", bytes(8, [4, 2])), ("y", bytes(3, [3]))])
    #expect(message { _ = try DataSet(source, inputs: [image], outputs: []) }.contains("3 labels"))
  }

  @Test func refusesUnequalCounts() {
    let second = DataPort(name: "b", element: .u8, shape: [1])
    let source = archive([("image", bytes(4, [2, 2])), ("b", bytes(3, [3]))])
    #expect(
      message { _ = try DataSet(source, inputs: [image, second], outputs: []) }
        .contains("3 inferences of \"b\" but 2 of \"image\""))
  }

  @Test func readsFoldersInNumericOrder() throws {
    let folder = try Folder()
    for index in [10, 0, 2] {
      let set = "test_data_set_\(index)"
      let input = Tensor([Float(index), 1], shape: [1, 2])
      let output = Tensor([Float(index), 2, 3], shape: [1, 3])
      _ = try folder.write(encodeTensorProto(name: "image", tensor: input), "\(set)/input_0.pb")
      _ = try folder.write(encodeTensorProto(name: "", tensor: output), "\(set)/output_0.pb")
    }
    let data = try DataSet(DataSource(path: folder.path), inputs: [image], outputs: [logits])
    #expect(data.inputs == [Tensor([Float(0), 1, 2, 1, 10, 1], shape: [3, 1, 2])])
    #expect(data.expected[0] == Tensor([Float(0), 2, 3, 2, 2, 3, 10, 2, 3], shape: [3, 1, 3]))
    let single = try DataSource(path: "\(folder.path)/test_data_set_2")
    #expect(try DataSet(single, inputs: [image], outputs: [logits]).count == 1)
  }

  @Test func readsTheSamples() throws {
    let data = try DataSet(
      DataSource(path: Repository.sample("digits/test.npz")),
      inputs: [DataPort(name: "image", element: .f32, shape: [1, 1, 8, 8])],
      outputs: [DataPort(name: "logits", element: .f32, shape: [1, 10])])
    #expect(data.count == 360 && data.labels?.count == 360)
    #expect(data.labels?.allSatisfy { (0...9).contains($0) } == true)
  }

  @Test func refusesAFolderWithAGap() throws {
    let folder = try Folder()
    let tensor = encodeTensorProto(name: "", tensor: Tensor([Float(1)], shape: [1]))
    _ = try folder.write(tensor, "input_0.pb")
    _ = try folder.write(tensor, "input_2.pb")
    #expect(
      message { _ = try DataSource(path: folder.path) }.contains("input_2.pb but no input_1.pb"))
  }
}
