/// A kind of input that may come from anybody, and how far aimcc takes it.
enum Target: String, CaseIterable {
  /// An ONNX model, imported.
  case onnx
  /// An ONNX model that is small enough to be compiled and simulated.
  case compile
  /// A tensor of an ONNX test data set.
  case tensor
  /// The text of a graph or a later stage, read and written again.
  case text
  /// Such a text, compiled and simulated.
  case stage
  /// The constants beside such a text.
  case weights
  /// A tile program, read, reported and run.
  case program
  /// The same from its listing.
  case listing
  /// A calibration of a tile program.
  case calibration
  /// A part of an evaluation, merged.
  case part
  /// A chip file, to which a network is compiled.
  case chip
  /// Data: an NPY file or an NPZ archive.
  case data
  /// A file of faults.
  case faults
  /// Requests to a simulated chip over a link.
  case frames
  /// The bytes that a host sends to a simulated chip, whatever it holds.
  case stream
  /// The answers of a device to commands that load, test and calibrate it.
  case answers

  /// The most memory that an input may take, in MiB: 1 GiB, and an eighth more and 256 MiB for
  /// AddressSanitizer.
  static let memory = 1408

  /// The most bytes of an input.
  var longest: Int {
    switch self {
    case .tensor, .weights, .calibration, .frames, .stream, .answers: 4096
    case .compile, .chip, .part, .data, .faults: 8192
    case .onnx, .text, .stage: 16384
    case .program, .listing: 65536
    }
  }

  /// Whether inputs are many frames each.
  var isOfLinks: Bool { [.frames, .stream, .answers].contains(self) }

  /// Does with `input` what aimcc does with such a file.
  ///
  /// Throws `Diagnostics` where aimcc refuses it.
  func check(_ input: Input) throws {
    switch self {
    case .onnx: try checkImport(input)
    case .compile: try checkModel(input)
    case .tensor: try checkTensor(input)
    case .text: try checkText(input)
    case .stage: try checkStage(input)
    case .weights: try checkWeights(input)
    case .program: try checkProgram(input)
    case .listing: try checkListing(input)
    case .calibration: try checkCalibration(input)
    case .part: try checkPart(input)
    case .chip: try checkChip(input)
    case .data: try checkData(input)
    case .faults: try checkFaults(input)
    case .frames: try checkFrames(input)
    case .stream: try checkStream(input)
    case .answers: try checkAnswers(input)
    }
  }
}
