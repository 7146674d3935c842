import CKernels

/// The OpenCL C sources, embedded into the binary.
///
/// A program is the prelude (index types, vector loads, activations) followed by the files of one family.
/// `#line` makes the compiler's messages name the file a person would edit.
public enum KernelSource: String, CaseIterable, Sendable {
  case elementwise, activationGradient, copy, indexing, pooling, upsampling, normalization, random, optimizer, ceilings
  /// What goes before and after matrix products and convolutions.
  case gemmPanels
  case gemmCPU, gemmCPULines, gemmCPUPhases, gemmCPUNarrow, gemmCPURows, gemmGPU, gemmFold
  /// Convolutions with 2 or 3 neighbouring taps and their gradients, on processors: in blocks of tiles, and in parts of k.
  case winograd, winogradParts
  /// The same on graphics cards.
  case winogradGPU

  public var text: String {
    (["prelude"] + files).map { name in
      guard let text = kernel_file(name) else { preconditionFailure("\(name).cl is not in CKernels.c") }
      return "#line 1 \"\(name).cl\"\n" + String(cString: text) + "\n"
    }.joined()
  }

  private var files: [String] {
    let block = ["gemm", "gemm_cpu_tile", "gemm_cpu_block"]
    return switch self {
    case .elementwise: ["group_sums", "elementwise", "reduction"]
    case .activationGradient: ["group_sums", "activation_gradient"]
    case .copy: ["copy"]
    case .indexing: ["indexing"]
    case .pooling: ["rows", "pooling"]
    case .upsampling: ["rows", "upsampling"]
    case .normalization: ["group_sums", "normalization_terms", "normalization_cpu", "normalization_gpu"]
    case .random: ["random"]
    case .optimizer: ["optimizer"]
    case .ceilings: ["ceilings"]
    case .gemmPanels: ["gemm", "gemm_panels"]
    case .gemmCPU: block + ["gemm_cpu"]
    case .gemmCPULines: block + ["gemm_cpu_lines"]
    case .gemmCPUPhases: block + ["gemm_cpu_phases"]
    case .gemmCPUNarrow: ["gemm", "gemm_cpu_tile", "gemm_cpu_narrow"]
    case .gemmCPURows: ["gemm", "gemm_cpu_tile", "gemm_cpu_rows"]
    case .gemmFold: ["gemm", "gemm_fold"]
    case .gemmGPU: ["gemm", "gemm_gpu_operands", "gemm_gpu"]
    case .winograd: ["gemm", "winograd_points", "winograd_filter", "winograd", "winograd_product", "winograd_gradient"]
    case .winogradParts: ["gemm", "winograd_points", "winograd_filter", "winograd_parts"]
    case .winogradGPU: ["gemm", "gemm_gpu_operands", "winograd_gpu"]
    }
  }
}
