// swift-tools-version: 6.1
import PackageDescription

// A user's package: builds against what Figment makes public, and nothing else.
let package = Package(
  name: "Dependent",
  dependencies: [.package(name: "figment", path: "../..")],
  targets: [
    .executableTarget(name: "Ring", dependencies: [.product(name: "Figment", package: "figment")])
  ]
    // The programs of Figment's README and documentation, which `run.sh` puts there.
    + ["Example", "FromDataToPicture", "AModelOfYourOwn", "OnAGraphicsCard"].map {
      .executableTarget(name: $0, dependencies: [.product(name: "Figment", package: "figment")])
    },
  swiftLanguageModes: [.v6]
)
