// swift-tools-version: 6.3

import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]
// Tests wait for what they call, hardly for themselves, and compile in a third of the time.
let tests: [SwiftSetting] = strict + [.unsafeFlags(["-Onone"])]

let package = Package(
  name: "aimcc",
  products: [
    .executable(name: "aimcc", targets: ["aimcc"]),
    .library(name: "AIMCC", targets: ["AIMCC"]),
    // For programs in other languages. tools/build-wheel packs it as libaimcc.so, a name that SwiftPM keeps for the
    // executable.
    .library(name: "CAIMCC", type: .dynamic, targets: ["CInterface"]),
    // For controllers: C, without any of the rest.
    .library(name: "AIMCLoader", targets: ["AIMCLoader"]),
    // What tools/fuzz-inputs imports: the readers of all that aimcc takes, and what goes on with it.
    .library(
      name: "Inputs",
      targets: [
        "Driver", "Compiler", "Frontend", "IR", "Passes", "Program", "Simulator", "Chip", "Basics",
        "TestSupport",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  // In the order of the pipeline: each target imports only targets below it.
  targets: [
    .executableTarget(name: "aimcc", dependencies: ["Commands"], swiftSettings: strict),
    .target(
      name: "CInterface",
      dependencies: ["CAIMCC", "Commands", "Driver", "Compiler", "Frontend", "Basics"],
      swiftSettings: strict),
    .target(
      name: "Commands",
      dependencies: [
        "Driver", "Compiler", "Passes", "Simulator", "Basics",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], resources: [.embedInCode("Topics")], swiftSettings: strict),
    .target(
      name: "AIMCC",
      dependencies: [
        "Driver", "Compiler", "IR", "Passes", "Program", "Simulator", "Chip", "Basics",
      ], swiftSettings: strict),
    .target(
      name: "Driver",
      dependencies: [
        "Compiler", "Frontend", "IR", "Reference", "Passes", "Program", "Simulator", "Device",
        "Chip", "Report", "Basics", "AIMCLoader", "CProcess", "CZip",
      ], swiftSettings: strict),
    .target(
      name: "Compiler",
      dependencies: [
        "IR", "Reference", "Passes", "Program", "Checker", "Simulator", "Device", "Chip", "Basics",
      ], swiftSettings: strict),
    .target(
      name: "Frontend", dependencies: ["IR", "COnnx", "CProtobufC", "Basics"],
      swiftSettings: strict),
    .target(name: "IR", dependencies: ["Basics"], swiftSettings: strict),
    .target(
      name: "Reference", dependencies: ["IR", "Basics", "CVectors"], swiftSettings: strict),
    .target(
      name: "Passes",
      dependencies: ["IR", "Reference", "Program", "Device", "Chip", "Basics", "CVectors"],
      swiftSettings: strict),
    .target(name: "Program", dependencies: ["Chip", "Basics"], swiftSettings: strict),
    .target(
      name: "Checker", dependencies: ["IR", "Program", "Chip", "Basics"], swiftSettings: strict),
    .target(
      name: "Simulator",
      dependencies: ["Program", "Device", "Chip", "Basics", "CCrossbar", "CDevice"],
      swiftSettings: strict),
    .target(name: "Device", dependencies: ["Chip", "Basics", "CDevice"], swiftSettings: strict),
    .target(
      name: "Chip", dependencies: ["Basics", .product(name: "Yams", package: "Yams")],
      resources: [.embedInCode("Presets")], swiftSettings: strict),
    // Values in, charts and pages out.
    .target(
      name: "Report", dependencies: ["Basics"], resources: [.embedInCode("Page")],
      swiftSettings: strict),
    .target(name: "Basics", dependencies: ["CChecksum", "CProcess"], swiftSettings: strict),
    .target(name: "AIMCLoader"),
    .target(name: "CAIMCC"),
    .target(name: "CChecksum"),
    .target(name: "CProcess"),
    .target(name: "CVectors", dependencies: ["CDevice"]),
    .target(name: "CCrossbar"),
    .target(name: "CDevice"),
    .target(name: "COnnx", dependencies: ["CProtobufC"], exclude: ["LICENSE", "onnx-ml.proto"]),
    .systemLibrary(
      name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
    .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
    // What tests share.
    .target(
      name: "TestSupport", dependencies: ["Frontend", "IR", "Program", "Chip", "Basics"],
      path: "Tests/Support",
      swiftSettings: strict),
    .testTarget(
      name: "CompilerTests",
      dependencies: [
        "Compiler", "Driver", "Passes", "Program", "IR", "Chip", "Basics", "TestSupport",
      ],
      swiftSettings: tests),
    .testTarget(
      name: "DriverTests",
      dependencies: ["Driver", "Compiler", "Frontend", "IR", "Passes", "Basics", "TestSupport"],
      swiftSettings: tests),
    .testTarget(
      name: "FrontendTests",
      dependencies: ["Frontend", "COnnx", "CProtobufC", "IR", "Basics", "TestSupport"],
      swiftSettings: tests),
    .testTarget(
      name: "IRTests", dependencies: ["IR", "Basics", "TestSupport"], swiftSettings: tests),
    .testTarget(
      name: "ReferenceTests",
      dependencies: ["Reference", "CVectors", "IR", "Basics", "TestSupport"],
      swiftSettings: tests),
    .testTarget(
      name: "PassesTests",
      dependencies: [
        "Frontend", "IR", "Reference", "Passes", "Program", "Chip", "Basics", "TestSupport",
      ],
      swiftSettings: tests),
    .testTarget(
      name: "ProgramTests", dependencies: ["Program", "Chip", "Basics", "TestSupport"],
      swiftSettings: tests),
    .testTarget(
      name: "AIMCLoaderTests",
      dependencies: ["AIMCLoader", "aimcc", "Program", "Chip", "Basics", "TestSupport"],
      swiftSettings: tests),
    .testTarget(
      name: "CheckerTests",
      dependencies: [
        "Checker", "Frontend", "IR", "Passes", "Program", "Chip", "Basics", "TestSupport",
      ], swiftSettings: tests),
    .testTarget(
      name: "HostCodeTests",
      dependencies: [
        "Checker", "IR", "Reference", "Passes", "Program", "Simulator", "Chip", "Basics",
        "TestSupport",
      ], swiftSettings: tests),
    .testTarget(
      name: "SimulatorTests",
      dependencies: [
        "Simulator", "CCrossbar", "Program", "Device", "Chip", "Basics", "TestSupport",
      ],
      swiftSettings: tests),
    .testTarget(
      // These are loops over millions of cells.
      name: "DeviceTests", dependencies: ["Device", "CDevice", "Chip", "Basics", "TestSupport"],
      exclude: ["aihwkit.json"],
      swiftSettings: strict),
    .testTarget(
      name: "ChipTests", dependencies: ["Chip", "Basics", "TestSupport"], swiftSettings: tests),
    .testTarget(
      name: "FileTests",
      dependencies: ["Compiler", "Passes", "IR", "Chip", "Basics", "TestSupport"],
      exclude: ["Cases"],
      swiftSettings: tests),
    .testTarget(
      name: "ConformanceTests", dependencies: ["aimcc", "TestSupport"], exclude: ["passing.txt"],
      swiftSettings: tests),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "aimcc", "Driver", "Compiler", "Frontend", "IR", "Reference", "Passes", "Program",
        "Checker", "Simulator", "Chip", "Basics", "TestSupport",
      ], exclude: ["Screens"], swiftSettings: tests),
  ]
)
