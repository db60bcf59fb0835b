// swift-tools-version: 6.3

import PackageDescription

// Coverage-guided fuzzing of everything that aimcc reads; `run` beside this file builds and uses it.
let package = Package(
  name: "fuzz-inputs",
  dependencies: [.package(name: "aimcc", path: "../..")],
  targets: [
    .target(name: "CSanitizer"),
    // The main function is that of libFuzzer.
    .executableTarget(
      name: "FuzzInputs", dependencies: ["CSanitizer", .product(name: "Inputs", package: "aimcc")],
      swiftSettings: [.unsafeFlags(["-parse-as-library"])]),
  ]
)
