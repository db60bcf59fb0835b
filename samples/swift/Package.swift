// swift-tools-version: 6.3

import PackageDescription

let package = Package(
  name: "accuracy",
  dependencies: [.package(name: "aimcc", path: "../..")],
  targets: [
    .executableTarget(
      name: "accuracy", dependencies: [.product(name: "AIMCC", package: "aimcc")])
  ]
)
