import Foundation
import Kernels

/// What can be chosen when a device is opened; the defaults are right but for tests and measurements.
public struct OpenCLConfiguration: Sendable {
  /// Which kernels run: those for graphics cards, or those for processors. Nil chooses by device type.
  public var family: Family?
  /// Kept package-level: places where tests make things fail.
  package var expandSource: @Sendable (KernelSource) -> String = { $0.text }
  package var cache: ProgramCacheChoice = .standard
  /// Allocations beyond this many bytes fail as if the device had no more.
  package var memoryLimit: Int?
  package var spoilsSelfTest = false
  /// Every storage is new memory full of NaN, also where vectors may read behind its end (`BufferPool.slack`), so that
  /// a result which depends on what nobody wrote is one.
  package var poisonsMemory = false
  package var winograd: WinogradUse = .whereFaster
  /// On a processor, a result of more floats has left the caches before anyone reads it, and is stored past them.
  package var cachedFloats = 6 << 20
  /// Floats of parts that wait to be added up, at the most.
  package var pendingFloats = 1 << 23
  /// Clock cycles that a product's launch on a card is expected to take, at the most. Drivers end what runs for seconds, or for
  /// less where the card draws a display, and a card may be a quarter as fast as expected: this is 0.1 s of a slow clock.
  package var longestLaunch = 1e8
  /// Whether results of operations that need many streams are stored so too (`OpenCLRuntime.storing`); nil: as the
  /// device is known for.
  package var hasManyStreams: Bool?

  /// How many compute units the device is taken to have, and from whom it is, to see what would be launched on another.
  package var computeUnits: Int?
  package var vendor: String?
  /// Called in place of every launch: the device computes nothing.
  package var launchObserver: (@Sendable (LaunchNote) -> Void)?
  /// The device notes when kernels start and end, which costs time: see `OpenCLBackend.timingLaunches(_:)`.
  package var timesLaunches = false

  /// Two sets of kernels: what suits graphics cards does not suit processors.
  public enum Family: String, Sendable {
    /// Neighbouring work-items take neighbouring elements; work-groups of many items; local memory.
    case gpu
    /// A work-item is a whole work-group, walks a range of its own and computes in vectors of 16.
    case cpu
  }

  /// Which convolutions are computed by Winograd's filtering; for tests, in parts of k on processors as soon as that is possible.
  package enum WinogradUse: Sendable { case whereFaster, wherePossible, inParts, never }

  package enum ProgramCacheChoice: Sendable {
    /// The user's folder, but none on PoCL. It keeps its own, and to give a binary away it compiles every
    /// kernel once more for any work-group size: 0.1 s for a simple kernel, minutes for one with barriers.
    case standard
    case folder(String)
    case none
  }

  /// The defaults.
  public init() {}

  /// Sources that compute what a broken compiler makes of them: without barriers, or with a wrong sign.
  package static let miscompilingProducts: @Sendable (KernelSource) -> String = { source in
    "#define barrier(fence)\n" + source.text.replacingOccurrences(of: "sums[i][v] += element", with: "sums[i][v] -= element")
  }

  /// The defaults, changed by two debugging variables. `FIGMENT_FAULT` makes things fail on a machine where
  /// nothing is wrong: with `build` no kernel compiles, with `self-test` the self-test sees a wrong number, with
  /// `product` products of matrices and convolutions are compiled wrongly.
  /// `FIGMENT_KERNELS`, `gpu` or `cpu`, chooses the kernels, so that those for graphics cards can be tested
  /// on a processor.
  public static var fromEnvironment: OpenCLConfiguration {
    var configuration = OpenCLConfiguration()
    let environment = ProcessInfo.processInfo.environment
    configuration.family = environment["FIGMENT_KERNELS"].flatMap(Family.init)
    switch environment["FIGMENT_FAULT"] {
    case "build":
      configuration.expandSource = { "#error injected by FIGMENT_FAULT=build\n" + $0.text }
    case "self-test":
      configuration.spoilsSelfTest = true
    case "product":
      configuration.expandSource = OpenCLConfiguration.miscompilingProducts
    default: break
    }
    return configuration
  }
}
