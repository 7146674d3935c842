/// Windows sliding over one, two or three spatial axes; what convolution and pooling share.
///
/// All arrays have one entry a spatial axis, outermost first ([depth,] height, width).
public struct Windows: Hashable, Sendable {
  public var inputSize: [Int]
  public var outputSize: [Int]
  public var kernelSize: [Int]
  public var stride: [Int]
  /// Zeros before the first and after the last element. Those after are implied by the output's size and
  /// may be fewer than a window could reach (then the last rows of the input are not read).
  public var paddingLow: [Int]
  public var paddingHigh: [Int]
  public var dilation: [Int]

  public init(
    inputSize: [Int], kernelSize: [Int], stride: [Int]? = nil, paddingLow: [Int], paddingHigh: [Int],
    dilation: [Int]? = nil
  ) {
    let rank = inputSize.count
    self.inputSize = inputSize
    self.kernelSize = kernelSize
    self.stride = stride ?? Array(repeating: 1, count: rank)
    self.dilation = dilation ?? Array(repeating: 1, count: rank)
    self.paddingLow = paddingLow
    self.paddingHigh = paddingHigh
    outputSize = []
    for axis in 0..<rank {
      let reach = (kernelSize[axis] - 1) * self.dilation[axis] + 1
      let padded = inputSize[axis] + paddingLow[axis] + paddingHigh[axis]
      outputSize.append(padded < reach ? 0 : (padded - reach) / self.stride[axis] + 1)
    }
  }

  public var spatialRank: Int { inputSize.count }
  public var inputPositions: Int { inputSize.reduce(1, *) }
  public var outputPositions: Int { outputSize.reduce(1, *) }
  public var taps: Int { kernelSize.reduce(1, *) }

  /// Whether there is one window, and it is the input, without padding: a convolution is then a matrix product
  /// with a row for each sample, and so are its gradients.
  package var isWholeInput: Bool {
    outputPositions == 1 && kernelSize == inputSize && dilation.allSatisfy { $0 == 1 }
      && paddingLow.allSatisfy { $0 == 0 }
  }

  /// The same windows with leading axes of extent 1, so that a kernel for three axes serves one and two.
  public var inThreeDimensions: Windows {
    var result = self
    while result.spatialRank < 3 {
      result.inputSize.insert(1, at: 0)
      result.outputSize.insert(1, at: 0)
      result.kernelSize.insert(1, at: 0)
      result.stride.insert(1, at: 0)
      result.paddingLow.insert(0, at: 0)
      result.paddingHigh.insert(0, at: 0)
      result.dilation.insert(1, at: 0)
    }
    return result
  }
}

/// A convolution (cross-correlation, as in Keras and PyTorch) of a channels-last batch:
/// input `[batch, …inputSize, inputChannels]`, filter `[…kernelSize, inputChannels, outputChannels]`,
/// output `[batch, …outputSize, outputChannels]`.
///
///     output[n, p, o] = Σ_tap Σ_c input[n, p · stride + tap · dilation − paddingLow, c] · filter[tap, c, o]
public struct Convolution: Hashable, Sendable {
  public var batch: Int
  public var windows: Windows
  public var inputChannels: Int
  public var outputChannels: Int

  public init(batch: Int, windows: Windows, inputChannels: Int, outputChannels: Int) {
    (self.batch, self.windows) = (batch, windows)
    (self.inputChannels, self.outputChannels) = (inputChannels, outputChannels)
  }

  public var inputCount: Int { batch * windows.inputPositions * inputChannels }
  public var outputCount: Int { batch * windows.outputPositions * outputChannels }
  public var filterCount: Int { windows.taps * inputChannels * outputChannels }
  /// Two for every multiplication and addition, padding counted.
  public var floatingPointOperations: Int {
    2 * outputCount * windows.taps * inputChannels
  }
}

/// Pooling of a channels-last batch. The average of a window entirely in the padding is 0.
public struct Pooling: Hashable, Sendable {
  public var batch: Int
  public var windows: Windows
  public var channels: Int
  /// Average pooling only: whether padding counts as zeros (PyTorch's default) or is left out (Keras).
  public var countsPadding: Bool

  public init(batch: Int, windows: Windows, channels: Int, countsPadding: Bool = false) {
    (self.batch, self.windows, self.channels) = (batch, windows, channels)
    self.countsPadding = countsPadding
  }

  public var inputCount: Int { batch * windows.inputPositions * channels }
  public var outputCount: Int { batch * windows.outputPositions * channels }
}

/// Upsampling of `[batch, …inputSize, channels]` by a whole factor on each of one to three spatial axes.
public struct Upsampling: Hashable, Sendable {
  public var batch: Int
  public var inputSize: [Int]
  public var factors: [Int]
  public var channels: Int
  public var interpolation: Interpolation

  public init(batch: Int, inputSize: [Int], factors: [Int], channels: Int, interpolation: Interpolation) {
    (self.batch, self.inputSize, self.factors) = (batch, inputSize, factors)
    (self.channels, self.interpolation) = (channels, interpolation)
  }

  public var outputSize: [Int] { zip(inputSize, factors).map(*) }
  public var inputCount: Int { batch * inputSize.reduce(1, *) * channels }
  public var outputCount: Int { batch * outputSize.reduce(1, *) * channels }
}

/// Normalization of `[groups, rows, channels]` by the mean and variance of each `[group, ·, channel]`.
///
/// Batch normalization has one group, instance normalization a group a sample, layer normalization a group
/// a row, whose features are then the `rows`.
public struct Normalization: Hashable, Sendable {
  public var groups: Int
  public var rows: Int
  public var channels: Int
  public var epsilon: Float

  public init(groups: Int, rows: Int, channels: Int, epsilon: Float) {
    (self.groups, self.rows, self.channels, self.epsilon) = (groups, rows, channels, epsilon)
  }

  public var count: Int { groups * rows * channels }
  public var statisticsCount: Int { groups * channels }
}
