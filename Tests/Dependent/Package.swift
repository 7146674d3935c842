// swift-tools-version: 6.1
import PackageDescription

// A user's package: builds against what Figment makes public, and nothing else.
let package = Package(
  name: "Dependent",
  dependencies: [.package(name: "figment", path: "../..")],
  targets: [
    .executableTarget(name: "Ring", dependencies: [.product(name: "Figment", package: "figment")]),
    // The example of Figment's README, which `run.sh` puts there.
    .executableTarget(name: "Example", dependencies: [.product(name: "Figment", package: "figment")]),
  ],
  swiftLanguageModes: [.v6]
)
