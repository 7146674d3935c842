// swift-tools-version: 6.1
import PackageDescription

// Dependencies point down only; the order below is the order of the house, cellar first.
let package = Package(
  name: "figment",
  products: [
    .library(name: "Figment", targets: ["Figment"]),
    .executable(name: "figment", targets: ["FigmentCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    // System libraries: a module map and the thinnest shim.
    .systemLibrary(name: "COpenCL", pkgConfig: "OpenCL", providers: [.apt(["ocl-icd-opencl-dev", "opencl-headers"])]),
    .systemLibrary(name: "COneDNN", providers: [.apt(["libdnnl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CSPNG", pkgConfig: "spng", providers: [.apt(["libspng-dev"])]),

    // Files and pictures: what every part that reads or writes them shares.
    .target(name: "Files"),
    .target(name: "Pictures", dependencies: ["Backends", "Files", "CSPNG"]),

    // What a device must be able to do, and the devices that do it.
    .target(name: "Backends"),
    .target(name: "ReferenceBackend", dependencies: ["Backends"]),
    .target(name: "CVectorLoops"),
    .target(name: "CPUBackend", dependencies: ["Backends", "COneDNN", "CVectorLoops"]),
    .target(
      name: "Kernels", path: "Kernels",
      resources: [
        "prelude", "elementwise", "reduction", "copy", "indexing", "pooling", "upsampling", "normalization", "random",
        "optimizer",
      ].map { .embedInCode("\($0).cl") }),
    .target(
      name: "OpenCLBackend",
      dependencies: ["Backends", "COpenCL", "Kernels", .product(name: "Logging", package: "swift-log")]),

    // Tensors and what is made of them.
    .target(name: "Tensors", dependencies: ["Backends"]),
    .target(name: "Layers", dependencies: ["Tensors"]),
    .target(name: "Interchange", dependencies: ["Backends", "Files", "Pictures"]),
    .target(name: "Datasets", dependencies: ["Backends", "Files", "CZlib"]),
    .target(name: "Models", dependencies: ["Layers", "Datasets"]),
    .target(
      name: "Training",
      dependencies: ["Models", "Datasets", "Interchange", .product(name: "Logging", package: "swift-log")]),

    // What people use.
    .target(
      name: "Figment",
      dependencies: [
        "Backends", "ReferenceBackend", "CPUBackend", "OpenCLBackend", "Tensors", "Layers", "Models",
        "Datasets", "Interchange", "Training", .product(name: "Logging", package: "swift-log"),
      ]),
    .executableTarget(
      name: "FigmentCommand",
      dependencies: [
        "Figment", .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ]),

    // Tests mirror the sources.
    .target(name: "TestSupport", dependencies: ["Files"], path: "Tests/TestSupport"),
    .testTarget(name: "FilesTests", dependencies: ["Files", "TestSupport"]),
    .testTarget(name: "PicturesTests", dependencies: ["Pictures", "Files", "TestSupport"]),
    .testTarget(name: "DatasetsTests", dependencies: ["Datasets", "Files", "CZlib", "TestSupport"], exclude: ["Fixtures"]),
    .testTarget(
      name: "InterchangeTests", dependencies: ["Interchange", "Files", "TestSupport"], resources: [.copy("Fixtures")]),
    .testTarget(name: "OpenCLBackendTests", dependencies: ["Backends", "OpenCLBackend"]),
  ],
  swiftLanguageModes: [.v6]
)
