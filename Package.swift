// swift-tools-version: 6.2
import PackageDescription

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

// Dependencies point down only; the order below is the order of the house, cellar first.
let package = Package(
  name: "figment",
  products: [
    .library(name: "Figment", targets: ["Figment"]),
    .executable(name: "figment", targets: ["FigmentCommand"]),
  ],
  traits: [.trait(name: "OpenCV", description: "Crops faces with OpenCV: Debian's libopencv-objdetect-dev and opencv-data.")],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    // System libraries: a module map and the thinnest shim.
    .systemLibrary(name: "COpenCL", pkgConfig: "OpenCL", providers: [.apt(["ocl-icd-opencl-dev", "opencl-headers"])]),
    .systemLibrary(name: "CCLBlast", pkgConfig: "clblast", providers: [.apt(["libclblast-dev"])]),
    .systemLibrary(name: "COneDNN", providers: [.apt(["libdnnl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CSPNG", pkgConfig: "spng", providers: [.apt(["libspng-dev"])]),
    .systemLibrary(name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "CMatIO", pkgConfig: "matio", providers: [.apt(["libmatio-dev"])]),
    .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),

    // Files on the disk; what a device must be able to do, and the devices that do it.
    .target(name: "Files"),
    .target(name: "Backends"),
    .target(name: "ReferenceBackend", dependencies: ["Backends"]),
    .target(name: "CVectorLoops"),
    .target(name: "CPUBackend", dependencies: ["Backends", "COneDNN", "CVectorLoops"]),
    .target(
      name: "CKernels", path: "Kernels",
      exclude: ["README.md"]
        + [
          "prelude", "elementwise", "activation_gradient", "reduction", "copy", "indexing", "rows", "pooling",
          "upsampling", "group_sums", "normalization_terms", "normalization_cpu", "normalization_gpu", "random",
          "optimizer", "ceilings", "gemm", "gemm_panels", "gemm_cpu", "gemm_cpu_tile", "gemm_cpu_block",
          "gemm_cpu_lines", "gemm_cpu_phases", "gemm_cpu_narrow", "gemm_cpu_rows", "gemm_gpu", "gemm_gpu_operands",
          "gemm_fold", "winograd", "winograd_product", "winograd_gradient", "winograd_filter", "winograd_points",
          "winograd_parts", "winograd_gpu",
        ].map { "\($0).cl" }),
    .target(name: "Kernels", dependencies: ["CKernels"]),
    .target(name: "CDriverCheck", dependencies: ["COpenCL"]),
    .target(
      name: "OpenCLBackend",
      dependencies: ["Backends", "CCLBlast", "CDriverCheck", "COpenCL", "Files", "Kernels", logging]),

    // Tensors and what is made of them; pictures.
    .target(name: "Tensors", dependencies: ["Backends"]),
    .target(name: "CPictureLoops"),
    .target(name: "Pictures", dependencies: ["Backends", "Files", "CPictureLoops", "CSPNG", "CTurboJPEG", "CZlib"]),
    .target(name: "Faces", dependencies: ["Backends", "Pictures"]),
    // Faces are found with OpenCV, by those who build with the trait; to all others the shim is an empty file. The flag is
    // unsafe in the words of the package manager, so nothing of the library may depend on it.
    .target(
      name: "CFaceDetection",
      cxxSettings: [
        .define("FIGMENT_OPENCV", .when(traits: ["OpenCV"])),
        .unsafeFlags(["-I/usr/include/opencv4"], .when(traits: ["OpenCV"])),
      ],
      linkerSettings: ["opencv_objdetect", "opencv_core"].map { .linkedLibrary($0, .when(traits: ["OpenCV"])) }),
    .target(
      name: "FaceDetection",
      dependencies: ["Files", "Pictures", .target(name: "CFaceDetection", condition: .when(traits: ["OpenCV"]))]),
    .target(name: "Layers", dependencies: ["Backends", "Files", "Tensors"]),
    .target(name: "CHDF5Reader", dependencies: ["CHDF5"]),
    .target(name: "Interchange", dependencies: ["Backends", "CHDF5Reader", "Files", "Pictures"]),
    .target(name: "Backbones", dependencies: ["Backends", "Files", "Interchange", "Layers", "Tensors"]),
    .target(name: "Volumes", dependencies: ["Backends", "Files", "Interchange", "Pictures", "CZip", "CZlib"]),
    .target(
      name: "Datasets",
      dependencies: ["Backends", "Faces", "Files", "Interchange", "Pictures", "Tensors", "Volumes", "CMatIO", "CZlib"]),
    .target(
      name: "Models",
      dependencies: ["Backbones", "Backends", "Tensors", "Layers", "Datasets", "Faces", "Files", "Pictures", "Volumes"]),
    .target(
      name: "Training",
      dependencies: ["Backends", "Tensors", "Layers", "Models", "Datasets", "Files", "Interchange", "Pictures"]),

    .target(name: "Evaluation", dependencies: ["Pictures"]),

    // What people use.
    .target(
      name: "Figment",
      dependencies: [
        "Backends", "ReferenceBackend", "CPUBackend", "OpenCLBackend", "Tensors", "Files", "Pictures", "Faces", "Layers",
        "Datasets", "Interchange", "Backbones", "Models", "Training", "Evaluation", "Volumes",
        logging,
      ]),
    .executableTarget(
      name: "FigmentCommand",
      dependencies: [
        "Backends", "FaceDetection", "Figment", "Files", "OpenCLBackend",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Tests mirror the sources. `FIGMENT_TEST_DEVICES` names the devices that they run on.
    .target(
      name: "TestSupport",
      dependencies: ["Backends", "ReferenceBackend", "CPUBackend", "OpenCLBackend", "Tensors", "Files", "Interchange"],
      path: "Tests/TestSupport"),
    .testTarget(
      name: "BackendsTests", dependencies: ["Backends", "CPUBackend", "ReferenceBackend", "TestSupport"]),
    .testTarget(name: "CPUBackendTests", dependencies: ["Backends", "CPUBackend", "ReferenceBackend", "TestSupport"]),
    .testTarget(
      name: "OpenCLBackendTests",
      dependencies: ["Backends", "COpenCL", "Kernels", "OpenCLBackend", "ReferenceBackend", "TestSupport"]),
    .testTarget(name: "TensorsTests", dependencies: ["Backends", "ReferenceBackend", "Tensors", "TestSupport"]),
    .testTarget(name: "FilesTests", dependencies: ["Files", "TestSupport"], exclude: ["Fixtures"]),
    .testTarget(
      name: "PicturesTests", dependencies: ["Pictures", "Files", "Interchange", "TestSupport"], exclude: ["Fixtures"]),
    .testTarget(name: "FaceDetectionTests", dependencies: ["FaceDetection", "Faces", "Files", "Pictures", "TestSupport"]),
    .testTarget(name: "FacesTests", dependencies: ["Faces", "Pictures"]),
    .testTarget(
      name: "LayersTests", dependencies: ["Backends", "ReferenceBackend", "Tensors", "Layers", "TestSupport"]),
    .testTarget(
      name: "VolumesTests", dependencies: ["Volumes", "Files", "Interchange", "Pictures", "TestSupport"], exclude: ["Fixtures"]),
    .testTarget(
      name: "DatasetsTests",
      dependencies: [
        "Backends", "Datasets", "Faces", "Files", "Interchange", "Pictures", "Volumes", "CMatIO", "CZip", "CZlib", "TestSupport",
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "InterchangeTests", dependencies: ["Interchange", "Files", "Pictures", "TestSupport"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "BackbonesTests",
      dependencies: ["Backbones", "Backends", "CPUBackend", "Files", "Interchange", "Layers", "Tensors", "TestSupport"]),
    .testTarget(name: "EvaluationTests", dependencies: ["Evaluation", "Pictures", "TestSupport"]),
    .testTarget(
      name: "ModelsTests",
      dependencies: ["Backends", "ReferenceBackend", "Tensors", "Layers", "Models", "Pictures", "TestSupport"]),
    .testTarget(
      name: "TrainingTests",
      dependencies: ["Tensors", "Layers", "Models", "Datasets", "Pictures", "Training", "TestSupport"]),
    .testTarget(name: "FigmentTests", dependencies: ["Figment", "TestSupport"]),
    .testTarget(name: "CommandTests", dependencies: ["FigmentCommand"]),
    .testTarget(
      name: "FuzzTests",
      dependencies: [
        "CZlib", "Backbones", "Backends", "CPUBackend", "Tensors", "Layers", "Models", "Datasets", "Files", "Interchange",
        "OpenCLBackend", "Pictures", "Training", "Volumes", "TestSupport",
      ], path: "Tests/Fuzz", exclude: ["run.sh"]),
  ],
  swiftLanguageModes: [.v6]
)
