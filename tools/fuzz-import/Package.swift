// swift-tools-version: 6.3

import PackageDescription

// Coverage-guided fuzzing of the importer with libFuzzer; see README.md beside this file.
let package = Package(
  name: "fuzz-import",
  dependencies: [.package(name: "aimcc", path: "../..")],
  targets: [
    .executableTarget(
      name: "FuzzImport",
      dependencies: [
        .product(name: "Frontend", package: "aimcc"), .product(name: "IR", package: "aimcc"),
        .product(name: "Basics", package: "aimcc"),
      ],
      swiftSettings: [.unsafeFlags(["-parse-as-library"])])
  ]
)
