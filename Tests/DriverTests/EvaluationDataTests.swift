import Basics
import Compiler
import Driver
import Foundation
import TestSupport
import Testing

/// What an evaluation may know of the data that it evaluates.
@Suite struct EvaluationDataTests {
  private let folder: Folder
  private let sample = Repository.sample("digits")

  init() throws { folder = try Folder() }

  /// The results of an evaluation with the data at `path`, without those that depend on labels.
  private func results(_ path: String, _ name: String, target: Double?) throws -> (
    unlabelled: [NSDictionary], right: [String]
  ) {
    var options = CompileOptions()
    options.verifyEach = true
    options.calibrate = sample
    options.accuracy.centers = true
    options.accuracy.routine = .refit
    options.accuracyTarget = target
    var plan = EvaluationPlan()
    plan.times = ["1d"].compactMap { TimeSpan($0) }
    plan.seeds = 2
    let part = "\(folder.path)/\(name).json"
    let request = EvaluationRequest(
      model: "\(sample)/model.onnx", data: path, device: DeviceOptions(.model("hermes-tdp")),
      plan: plan, options: options, command: [])
    let status = try runEvaluate(
      request, files: EvaluationFiles(part: part), json: true, console: Console(quiet: true))
    #expect(status == .done)
    let data = try #require(FileManager.default.contents(atPath: part))
    let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let results = try #require(json["results"] as? [[String: Any]])
    return (
      results.map { result in
        NSDictionary(dictionary: result.filter { !["right", "rightOfFive"].contains($0.key) })
      }, results.compactMap { $0["right"] as? String }
    )
  }

  @Test(arguments: [nil, 0.8]) func labelsChangeNothingButAccuracy(target: Double?) throws {
    let path = "\(sample)/test.npz"
    guard case .archive(var arrays) = try DataSource(path: path).content else {
      Issue.record("\(path) is no archive")
      return
    }
    let position = try #require(arrays.firstIndex { $0.name == "y" })
    let labels = arrays[position].tensor
    let classes = labels.elements(of: UInt8.self)
    let third = classes.count / 3
    arrays[position].tensor = Tensor(
      Array(classes[third...] + classes[..<third]), shape: labels.shape)
    #expect(arrays[position].tensor != labels)
    let permuted = "\(folder.path)/permuted.npz"
    try writeNPZ(arrays, to: permuted)
    let first = try results(path, "a", target: target)
    let second = try results(permuted, "b", target: target)
    #expect(first.unlabelled == second.unlabelled && !first.unlabelled.isEmpty)
    #expect(first.right != second.right)
  }
}
