import Backends
import Layers
import Tensors

/// How a network normalizes between its layers.
public enum NetworkNormalization: String, Codable, CaseIterable, Sendable {
  /// Over the batch and space: ``BatchNorm``.
  case batch
  /// Over space, each sample and channel alone: ``InstanceNorm``. It needs space.
  case instance
  /// Over channels, each sample and place alone: ``LayerNorm``.
  case layer
  /// Not at all.
  case none

  /// The normalization and the activation behind it, of values `[N, …, channels]`.
  ///
  /// - Parameter momentum: Of batch normalization.
  func layers(
    channels: Int, momentum: Float = 0.99, activation: Activation = .identity, in context: LayerContext
  ) -> [Layer] {
    let activationLayers = activation == .identity ? [] : [ActivationLayer(activation)]
    switch self {
    case .batch: return [BatchNorm(channels: channels, momentum: momentum, activation: activation, in: context)]
    case .instance: return [InstanceNorm(channels: channels, activation: activation, in: context)]
    case .layer: return [LayerNorm(channels: channels, in: context)] + activationLayers
    case .none: return activationLayers
    }
  }

  /// A convolution, the normalization and the activation; without normalization the convolution has the activation.
  func convolution(
    _ inputChannels: Int, _ outputChannels: Int, kernelSize: Int, stride: Int = 1, padding: Padding = .same,
    momentum: Float = 0.99, activation: Activation, in context: LayerContext
  ) -> [Layer] {
    [
      Conv2D(
        inputChannels: inputChannels, outputChannels: outputChannels, kernelSize: kernelSize, stride: stride, padding: padding,
        activation: self == .none ? activation : .identity, in: context)
    ] + (self == .none ? [] : layers(channels: outputChannels, momentum: momentum, activation: activation, in: context))
  }

  /// The same of features `[N, shape.count]` that become `[N] + shape`: where there is space, it is seen.
  func reshaping(to shape: [Int], activation: Activation, in context: LayerContext) -> [Layer] {
    let features = shape.reduce(1, *)
    guard self == .instance else {
      return layers(channels: features, activation: activation, in: context) + [Reshape(shape)]
    }
    return [Reshape(shape)] + layers(channels: shape.last!, activation: activation, in: context)
  }
}

/// The optimizer of both networks of a GAN.
public enum AdversarialOptimizer: String, Codable, CaseIterable, Sendable {
  /// The model's own.
  case published
  /// Adam with a learning rate of 2e-4 and a beta1 of 0.5 (Radford et al., 2016).
  case adam
  /// Stochastic gradient descent with a learning rate of 5e-4 and Nesterov's momentum of 0.9.
  case sgd
  /// RMSprop with a learning rate of 5e-5 (WGAN: Arjovsky et al., 2017).
  case rmsprop

  /// A new optimizer; `published` gives the model's own.
  func make(published: () -> Optimizer) -> Optimizer {
    switch self {
    case .published: published()
    case .adam: Adam(learningRate: 2e-4, beta1: 0.5)
    case .sgd: SGD(learningRate: 5e-4, momentum: 0.9, nesterov: true)
    case .rmsprop: RMSProp(learningRate: 5e-5)
    }
  }
}
