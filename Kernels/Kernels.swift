/// The OpenCL C sources, embedded into the binary.
///
/// A program is the prelude (index types, vector loads, activations) followed by the files of one family.
/// `#line` makes the compiler's messages name the file a person would edit.
public enum KernelSource: String, CaseIterable, Sendable {
  case elementwise, activationGradient, copy, indexing, pooling, upsampling, normalization, random, optimizer, ceilings
  /// What goes before and after matrix products and convolutions.
  case gemmPanels
  case gemmCPU, gemmCPULines, gemmCPUPhases, gemmCPUNarrow, gemmCPURows, gemmGPU, gemmFold
  /// Convolutions with 2 or 3 neighbouring taps and their gradients, on processors.
  case winograd

  public var text: String {
    files.map { "#line 1 \"\($0.name).cl\"\n" + String(decoding: $0.bytes, as: UTF8.self) + "\n" }.joined()
  }

  private typealias File = (name: String, bytes: [UInt8])

  private var files: [File] {
    let prelude: File = ("prelude", PackageResources.prelude_cl)
    let rows: File = ("rows", PackageResources.rows_cl)
    let gemm: File = ("gemm", PackageResources.gemm_cl)
    let tile: File = ("gemm_cpu_tile", PackageResources.gemm_cpu_tile_cl)
    let block: File = ("gemm_cpu_block", PackageResources.gemm_cpu_block_cl)
    return switch self {
    case .elementwise:
      [prelude, ("elementwise", PackageResources.elementwise_cl), ("reduction", PackageResources.reduction_cl)]
    case .activationGradient: [prelude, ("activation_gradient", PackageResources.activation_gradient_cl)]
    case .copy: [prelude, ("copy", PackageResources.copy_cl)]
    case .indexing: [prelude, ("indexing", PackageResources.indexing_cl)]
    case .pooling: [prelude, rows, ("pooling", PackageResources.pooling_cl)]
    case .upsampling: [prelude, rows, ("upsampling", PackageResources.upsampling_cl)]
    case .normalization:
      [
        prelude, ("normalization_terms", PackageResources.normalization_terms_cl),
        ("normalization_cpu", PackageResources.normalization_cpu_cl),
        ("normalization_gpu", PackageResources.normalization_gpu_cl),
        ("normalization", PackageResources.normalization_cl),
      ]
    case .random: [prelude, ("random", PackageResources.random_cl)]
    case .optimizer: [prelude, ("optimizer", PackageResources.optimizer_cl)]
    case .ceilings: [prelude, ("ceilings", PackageResources.ceilings_cl)]
    case .gemmPanels: [prelude, gemm, ("gemm_panels", PackageResources.gemm_panels_cl)]
    case .gemmCPU: [prelude, gemm, tile, block, ("gemm_cpu", PackageResources.gemm_cpu_cl)]
    case .gemmCPULines: [prelude, gemm, tile, block, ("gemm_cpu_lines", PackageResources.gemm_cpu_lines_cl)]
    case .gemmCPUPhases: [prelude, gemm, tile, block, ("gemm_cpu_phases", PackageResources.gemm_cpu_phases_cl)]
    case .gemmCPUNarrow: [prelude, gemm, tile, ("gemm_cpu_narrow", PackageResources.gemm_cpu_narrow_cl)]
    case .gemmCPURows: [prelude, gemm, tile, ("gemm_cpu_rows", PackageResources.gemm_cpu_rows_cl)]
    case .gemmFold: [prelude, gemm, ("gemm_fold", PackageResources.gemm_fold_cl)]
    case .gemmGPU: [prelude, gemm, ("gemm_gpu", PackageResources.gemm_gpu_cl)]
    case .winograd:
      [
        prelude, gemm, ("winograd", PackageResources.winograd_cl),
        ("winograd_filter", PackageResources.winograd_filter_cl),
        ("winograd_product", PackageResources.winograd_product_cl),
        ("winograd_gradient", PackageResources.winograd_gradient_cl),
      ]
    }
  }
}
