/// The OpenCL C sources, one file a family, embedded into the binary.
///
/// A program is the prelude (index types, vector loads, activations) followed by one family. `#line` makes
/// the compiler's messages name the file a person would edit.
public enum KernelSource: String, CaseIterable, Sendable {
  case elementwise, reduction, copy, indexing, pooling, upsampling, normalization, random, optimizer

  public var text: String {
    KernelSource.section("prelude.cl", PackageResources.prelude_cl) + KernelSource.section(rawValue + ".cl", bytes)
  }

  private var bytes: [UInt8] {
    switch self {
    case .elementwise: PackageResources.elementwise_cl
    case .reduction: PackageResources.reduction_cl
    case .copy: PackageResources.copy_cl
    case .indexing: PackageResources.indexing_cl
    case .pooling: PackageResources.pooling_cl
    case .upsampling: PackageResources.upsampling_cl
    case .normalization: PackageResources.normalization_cl
    case .random: PackageResources.random_cl
    case .optimizer: PackageResources.optimizer_cl
    }
  }

  private static func section(_ name: String, _ bytes: [UInt8]) -> String {
    "#line 1 \"\(name)\"\n" + String(decoding: bytes, as: UTF8.self) + "\n"
  }
}
