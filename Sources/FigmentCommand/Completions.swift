import ArgumentParser
import Figment

/// What shells offer: names that an argument takes. Those with a colon are left out, as bash breaks words there.
extension CompletionKind {
  static var models: CompletionKind { .list(ModelCatalog.identifiers) }
  static var devices: CompletionKind { .list(["auto", "reference", "cpu", "opencl"]) }
  static var datasets: CompletionKind { .list(DatasetLocator.names) }
  static var parts: CompletionKind { .list(["whole", "encoder", "decoder", "generator", "discriminator"]) }
  static var json: CompletionKind { .file(extensions: ["json"]) }
  static var arrays: CompletionKind { .file(extensions: ["npy"]) }

  /// Those of all models.
  static var presets: CompletionKind {
    .list(Set(ModelCatalog.types.flatMap { $0.presetNames }).sorted())
  }

  /// Also what may follow the suites `steps` and `convolution`.
  static var suites: CompletionKind {
    let names = StepBenchmark.all.map(\.name) + ProductBenchmark.networks
    return .list(BenchmarkCommand.Suite.allCases.map(\.rawValue) + Set(names).sorted())
  }
}
