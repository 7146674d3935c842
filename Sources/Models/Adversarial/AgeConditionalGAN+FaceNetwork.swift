import Backbones
import Backends
import Foundation
import Layers
import Tensors

/// The networks that tell people apart for the stage `identity`.
extension AgeConditionalGAN {
  /// Finds the weights of the face network. Without them the model is to train a small one of its own, which is said.
  public static func resolved(_ configuration: Configuration, notice: (String) -> Void) throws -> Configuration {
    if let file = configuration.faceWeights {
      if isOfInception(file) {
        notice(
          "note: people are told apart by Inception-ResNet-v2 and the tutorial's head of \(embeddingSize) numbers, which is untrained: "
            + "what the network says of pictures, seen through random weights")
      }
      return configuration
    }
    var resolved = configuration
    do {
      resolved.faceWeights = try PretrainedWeights.dlibFaces.locate().path
    } catch {
      resolved.faceWeights = Configuration.ownFaceNetwork
      notice(
        "note: people will be told apart by a small network that this run trains on drawn people, in the stage recognition, "
          + "because the weights of a large one are not at hand: \(error)")
    }
    return resolved
  }

  /// Keras' own files; dlib's has another ending.
  private static func isOfInception(_ file: String) -> Bool { file.lowercased().hasSuffix(".h5") }

  private static let embeddingSize = FaceRecognizer.embeddingSize

  public func loadPretrainedWeights() throws {
    if let recognizer {
      faceFeatures = { images in recognizer.evaluating { recognizer(images) } }
      return
    }
    guard let file = configuration.faceWeights else { return }
    let url = URL(fileURLWithPath: file)
    faceFeatures = Self.isOfInception(file) ? try inceptionFeatures(url) : try dlibFeatures(url)
  }

  /// The network is given the 150×150 pixels in the middle of images enlarged three times, in which `Picture.aligned` has the eyes
  /// where the network expects them.
  private func dlibFeatures(_ file: URL) throws -> (Tensor) -> Tensor {
    let network = Frozen(try DlibFaceNetwork(weights: file, on: device))
    let margin = (3 * sampleShape[0] - DlibFaceNetwork.inputSize) / 2, cut = margin..<margin + DlibFaceNetwork.inputSize
    return { images in
      let large = images.upsampled(factors: [3, 3], interpolation: .bilinear).sliced(cut, axis: 1).sliced(cut, axis: 2)
      return network(network.module.preprocessed(large, from: -1...1))
    }
  }

  /// As the tutorial has it: images three times as large, each pixel repeated; the trunk, the mean over space, a dense layer that
  /// nobody trained, and vectors of length 1. The layer is the same in every run, so that it survives a resume.
  private func inceptionFeatures(_ file: URL) throws -> (Tensor) -> Tensor {
    let network = Frozen(try InceptionResNetV2(weights: file, on: device))
    let context = LayerContext(device: device, generator: RandomGenerator(seed: 0))
    let head = Frozen(Dense(inputSize: 1536, units: Self.embeddingSize, in: context))
    return { head(network($0.upsampled(factors: [3, 3])).globalAveragePooled()).ofUnitLength() }
  }

  /// What tells people apart by now: nil without a network, or before the model's own one has learnt.
  ///
  /// - Throws: What the device throws.
  func learntFaceFeatures() throws -> ((Tensor) -> Tensor)? {
    if let recognizer, !recognizerHasLearnt { recognizerHasLearnt = try recognizer.steps.value.scalars()[0] > 0 }
    return recognizer == nil || recognizerHasLearnt ? faceFeatures : nil
  }

  /// What the face network makes of images `[N, 64, 64, 3]` in [−1, 1]: `[N, 128]`.
  ///
  /// - Throws: `ConfigurationError` without a face network, or before the model's own one has learnt; what the device throws.
  public func embedding(_ images: Tensor) throws -> Tensor {
    guard let features = try learntFaceFeatures() else {
      throw ConfigurationError(
        "faceWeights",
        recognizer == nil
          ? "the stage identity tells people apart by dlib's face network, whose weights are not at hand: get them "
            + "with `make weights` or `\(PretrainedWeights.dlibFaces.command)`, then resume the run"
          : "the stage identity tells people apart by the run's own face network, which has not learnt yet: train the stage "
            + "recognition first")
    }
    return features(images)
  }

  /// One step of the model's own face network, on pairs of pictures of drawn people.
  ///
  /// - Parameter images: Of `N` people, then of the same in the same order: `[2 · N, 64, 64, 3]` in [−1, 1].
  /// - Returns: `loss`, and the `accuracy` by which people are told from each other.
  /// - Throws: `ConfigurationError` if the model goes by the weights of another.
  public func recognitionStep(_ images: Tensor, _ context: StepContext) throws -> Measurements {
    guard let recognizer else {
      throw ConfigurationError("faceWeights", "the face network has its weights; only one of the model's own can learn")
    }
    let losses = recognizer.losses(images)
    context.minimize(losses.loss, "recognition")
    recognizer.steps.value = recognizer.steps.value + 1
    return losses.parts
  }

  /// How well people are told apart that the network did not learn from; nil if it is not the model's own.
  func recognitionMeasurements(pairs: Int, using generator: RandomGenerator) -> Measurements? {
    guard let recognizer else { return nil }
    let images = FaceRecognizer.people(pairs, of: .validation, using: generator, on: device)
    return evaluating { withoutGradient { recognizer.losses(images).parts } }
  }
}
