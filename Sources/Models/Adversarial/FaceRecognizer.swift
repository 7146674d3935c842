import Backends
import Datasets
import Faces
import Layers
import Tensors

/// A small network that tells people apart, for those who have no weights of a large one: images `[N, 64, 64, 3]` in [−1, 1] to
/// vectors `[N, 128]` of length 1, which lie near each other where the person is the same.
///
/// It learns from people that the program draws, each at two ages and photographed in two ways, and knows no others.
public final class FaceRecognizer: Module {
  /// How many numbers a vector has.
  public static let embeddingSize = 128

  /// From images to vectors of any length.
  public let layers: Sequential
  /// How many steps it has learnt, `[1]`.
  public let steps: Parameter

  init(in context: LayerContext) {
    let leakyReLU = Activation.leakyReLU(slope: 0.2), filters = [32, 64, 128, 256]
    let convolutions = zip([3] + filters, filters).flatMap { inputs, outputs -> [Layer] in
      NetworkNormalization.batch.convolution(inputs, outputs, kernelSize: 3, stride: 2, activation: leakyReLU, in: context)
    }
    layers = Sequential(convolutions + [Flatten(), Dense(inputSize: 4 * 4 * 256, units: Self.embeddingSize, in: context)])
    steps = Parameter(.zeros([1], on: context.device), kind: .statistic)
  }

  /// Images `[N, 64, 64, 3]` in [−1, 1] to vectors `[N, 128]` of length 1.
  public func callAsFunction(_ images: Tensor) -> Tensor { layers(images).ofUnitLength() }

  /// How well each person is told from the others of the batch by another picture.
  ///
  /// - Parameter images: `[2 · N, 64, 64, 3]` in [−1, 1]: of `N` people, then of the same in the same order.
  /// - Returns: The N-pair loss (Sohn, 2016) of the vectors' cosines divided by 0.1, both ways; and, measured, this `loss` and the
  ///   `accuracy`: the share of the first pictures whose nearest second one is the same person's.
  func losses(_ images: Tensor) -> (loss: Tensor, parts: Measurements) {
    let count = images.shape[0] / 2, vectors = self(images)
    let cosines = Tensor.matmul(
      vectors.sliced(0..<count), vectors.sliced(count..<2 * count), transposesRight: true)
    let people = Tensor((0..<count).map(Float.init), on: images.device), same = people.oneHot(classes: count)
    let logits = cosines * (1 / Self.temperature)
    let loss =
      0.5
      * (Loss.categoricalCrossEntropy(logits: logits, same)
        + Loss.categoricalCrossEntropy(logits: logits.transposed(), same))
    return (loss, Measurements(["loss": loss, "accuracy": (logits.detached().argmax() == people).mean()]))
  }

  private static let temperature: Float = 0.1

  /// People of a stream, each at two ages: `[2 · count, 64, 64, 3]` in [−1, 1], as ``losses(_:)`` takes them.
  ///
  /// - Parameter generator: Names the people; it moves on by a block for each, so that no two calls draw the same ones.
  static func people(_ count: Int, of part: FaceCollection.Part, using generator: RandomGenerator, on device: Device) -> Tensor {
    let faces = FaceCollection(seed: generator.state.seed, part: part), first = generator.state.counter
    generator.state.counter += UInt64(count)
    let pictures = parallelMap(2 * count) { number in
      let person = Int((first + UInt64(number % count)) % (1 << 37))
      return faces[person * FaceCollection.facesOfOne + number / count].drawn().pixels
    }
    return Tensor(pictures.joined().map { Float($0) / 127.5 - 1 }, shape: [2 * count, 64, 64, 3], on: device)
  }
}

extension Tensor {
  /// Vectors `[N, size]` divided by their lengths.
  func ofUnitLength() -> Tensor { self / (squared().sum(axes: [1], keepingDimensions: true) + 1e-12).squareRoot() }
}
