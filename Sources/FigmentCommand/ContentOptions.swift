import ArgumentParser
import Figment
import Foundation

/// What `figment train srgan` goes by when it tells images apart.
struct ContentOptions: ParsableArguments {
  @Option(help: "Whose features are compared in the second stage; without any, pixels are. Default: vgg16.")
  var contentNetwork: SRGAN.Configuration.ContentNetwork?

  @Option(help: "The layer of these features. Default: block3_conv3.")
  var contentLayer: String?

  @Option(
    help:
      "The network's weights, as Keras saves them (.h5). Default: those of VGG16 that 'make weights' gets; without them, pixels.",
    completion: .file(extensions: ["h5"]))
  var contentWeights: String?

  /// The options that were given, by name.
  private var given: [(String, Any?)] { fixed + [("content-weights", contentWeights)] }

  /// Those that make another run of it.
  var fixed: [(String, Any?)] { [("content-network", contentNetwork), ("content-layer", contentLayer)] }

  /// - Throws: `UsageError` if the model has no content loss; `ConfigurationError` if there is no such layer.
  func applied<Configuration: ModelConfiguration>(to configuration: Configuration) throws -> Configuration {
    try configuration.changed(by: given, of: SRGAN.self) { changed in
      changed.contentNetwork = contentNetwork ?? changed.contentNetwork
      changed.contentLayer = contentLayer ?? changed.contentLayer
      if changed.contentNetwork == .pixels, contentWeights != nil {
        throw UsageError("--content-weights has no use where pixels are compared")
      }
      changed.contentWeights = contentWeights.map { URL(fileURLWithPath: $0).path } ?? changed.contentWeights
      // Who asks for features gets them, or hears why not.
      if changed.contentNetwork == .vgg16, changed.contentWeights == nil {
        changed.contentWeights = try PretrainedWeights.vgg16.locate().path
      }
      try changed.validate()
    }
  }
}

extension ModelConfiguration {
  /// With what options of one model change; as it is if none is given.
  ///
  /// - Parameter options: By name, with their values.
  /// - Throws: `UsageError` if it belongs to another model; what `change` throws.
  func changed<Model: TrainableModel>(
    by options: [(String, Any?)], of _: Model.Type, _ change: (inout Model.Configuration) throws -> Void
  ) throws -> Self {
    guard let (name, _) = options.first(where: { $0.1 != nil }) else { return self }
    guard var changed = self as? Model.Configuration else { throw UsageError("--\(name) is for \(Model.identifier) alone") }
    try change(&changed)
    // The same value, whose type was only out of sight.
    return changed as! Self
  }
}

extension SRGAN.Configuration.ContentNetwork: ExpressibleByArgument {}
