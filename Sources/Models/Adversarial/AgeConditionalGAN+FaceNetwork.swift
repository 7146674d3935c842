import Backbones
import Backends
import Foundation
import Layers
import Tensors

/// The networks that tell people apart for the stage `identity`.
extension AgeConditionalGAN {
  /// Finds the weights of the face network. Without them the first two stages can be trained, which is said.
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
      notice(
        "note: the stages gan and encoder can be trained, the stage identity only once the weights are at hand: \(error)")
    }
    return resolved
  }

  /// Keras' own files; dlib's has another ending.
  private static func isOfInception(_ file: String) -> Bool { file.lowercased().hasSuffix(".h5") }

  private static let embeddingSize = 128

  public func loadPretrainedWeights() throws {
    guard let file = configuration.faceWeights else { return }
    let url = URL(fileURLWithPath: file)
    faceFeatures = Self.isOfInception(file) ? try inceptionFeatures(url) : try dlibFeatures(url)
  }

  /// The network is given the 150×150 pixels in the middle of images enlarged three times.
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
    return { images in
      let pooled = network(images.upsampled(factors: [3, 3])).globalAveragePooled(), vectors = head(pooled)
      let lengths = (vectors.squared().sum(axes: [1]) + 1e-12).squareRoot()
      return vectors / lengths.reshaped(to: [lengths.shape[0], 1])
    }
  }
}
