/// An activation that a convolution, dense product or normalization can apply to what it has computed.
///
/// Every case can be differentiated from its output alone, so the input need not be kept. NaN stays NaN.
/// What each operation of this file does to one element is written out in `ElementFunctions.swift`.
public enum Activation: Hashable, Sendable {
  /// `x`.
  case identity
  /// `max(x, 0)`.
  case relu
  /// `x > 0 ? x : slope · x`, with `slope > 0`.
  case leakyReLU(slope: Float)
  /// `1 / (1 + e⁻ˣ)`.
  case sigmoid
  /// The hyperbolic tangent.
  case tanh
  /// `x > 0 ? x : alpha · (eˣ − 1)`, with `alpha > 0`.
  case elu(alpha: Float)
}

/// `y = f(x)` for every element.
public enum UnaryOperation: Hashable, Sendable {
  case activation(Activation)
  /// `scale · x + offset`.
  case affine(scale: Float, offset: Float)
  case exponential, logarithm, logarithmOnePlus
  /// `scale · (eˣ − 1)`, exact for small x.
  case exponentialMinusOne(scale: Float)
  case squareRoot, reciprocalSquareRoot, square, reciprocal
  case absolute
  /// −1, 0 or 1; NaN gives 0.
  case sign
  case floor
  case sine, cosine
  /// `log(1 + eˣ)`, computed without overflow.
  case softplus
  /// `min(max(x, low), high)`; NaN stays NaN.
  case clamp(low: Float, high: Float)
  /// `x` to a constant power, with the meaning of C's `powf`.
  case power(exponent: Float)
}

/// `y = f(a, b)` for every pair of elements. Comparisons give 1 or 0.
public enum BinaryOperation: Hashable, Sendable {
  case add, subtract, multiply, divide
  /// NaN if either operand is NaN.
  case maximum, minimum
  case power
  case equal, greater, greaterOrEqual
  /// `f′ · b`, where `a` is the activation's *output* and `b` the gradient that arrives at it.
  /// At 0 the derivative of ReLU is 0 and that of leaky ReLU is its slope.
  case activationGradient(Activation)
  /// `max(a, 0) − a · b + log(1 + e^−|a|)`: the cross-entropy of logit `a` with the target `b` in [0, 1].
  case sigmoidCrossEntropy
  /// `scale · (σ(a) − b)`: `scale` times its derivative by the logit.
  case sigmoidMinus(scale: Float)
  /// `scale · (a² + eᵇ − 1 − b)`: with the scale ½ the divergence of N(a, eᵇ) from the unit normal.
  case unitNormalDivergence(scale: Float)
}

/// How one axis is folded away.
public enum Reduction: Hashable, Sendable {
  case sum
  case mean
  /// NaN if any element is NaN.
  case maximum, minimum
  /// The index of the first largest element, as a float; NaN counts as larger than every number.
  case argumentMaximum
}

/// A binary operation's index mapping after NumPy broadcasting, with adjacent axes merged: element
/// `(i₀, …, iₙ)` of the contiguous output of `shape` reads `left[Σ iₖ · leftStrides[k]]` and
/// `right[Σ iₖ · rightStrides[k]]`; a stride of 0 repeats.
///
/// Equal shapes give rank 1 with strides 1 and 1; a scalar operand has strides of 0.
public struct Broadcast: Hashable, Sendable {
  public private(set) var shape: [Int]
  public private(set) var leftStrides: [Int]
  public private(set) var rightStrides: [Int]

  public var count: Int { shape.reduce(1, *) }

  /// - Precondition: `output == left.broadcast(with: right)`.
  public init(_ left: Shape, _ right: Shape, to output: Shape) {
    var shape = [Int](), leftStrides = [Int](), rightStrides = [Int]()
    let left = Broadcast.strides(of: left, broadcastTo: output)
    let right = Broadcast.strides(of: right, broadcastTo: output)
    for axis in 0..<output.rank where output[axis] != 1 {
      // An axis continues the one before it when stepping the outer once equals walking all of the inner.
      if let outer = shape.last, leftStrides.last == left[axis] * output[axis],
        rightStrides.last == right[axis] * output[axis]
      {
        shape[shape.count - 1] = outer * output[axis]
        leftStrides[shape.count - 1] = left[axis]
        rightStrides[shape.count - 1] = right[axis]
      } else {
        shape.append(output[axis])
        leftStrides.append(left[axis])
        rightStrides.append(right[axis])
      }
    }
    self.shape = shape.isEmpty ? [1] : shape
    self.leftStrides = leftStrides.isEmpty ? [0] : leftStrides
    self.rightStrides = rightStrides.isEmpty ? [0] : rightStrides
  }

  package static func strides(of shape: Shape, broadcastTo output: Shape) -> [Int] {
    let own = shape.strides, missing = output.rank - shape.rank
    return (0..<output.rank).map { axis in
      axis < missing || shape[axis - missing] == 1 ? 0 : own[axis - missing]
    }
  }
}

/// A copy between two strided views of the same `shape`: the one layout operation, from which transpose,
/// slice, flip, pad, tile, broadcast and concatenation are made.
///
/// Element `(i₀, …, iₙ)` moves from `source[sourceOffset + Σ iₖ · sourceStrides[k]]` to
/// `destination[destinationOffset + Σ iₖ · destinationStrides[k]]`. Source strides may be 0 or negative;
/// destination addresses are distinct.
public struct StridedCopy: Hashable, Sendable {
  public var shape: [Int]
  public var sourceOffset: Int
  public var sourceStrides: [Int]
  public var destinationOffset: Int
  public var destinationStrides: [Int]

  /// Merges axes that are adjacent in both views and drops those of extent 1, so the rank is the least.
  public init(
    shape: [Int], sourceOffset: Int = 0, sourceStrides: [Int], destinationOffset: Int = 0,
    destinationStrides: [Int]
  ) {
    var merged = [Int](), source = [Int](), destination = [Int]()
    for axis in shape.indices where shape[axis] != 1 {
      if let outer = merged.last, source.last == sourceStrides[axis] * shape[axis],
        destination.last == destinationStrides[axis] * shape[axis]
      {
        merged[merged.count - 1] = outer * shape[axis]
        source[merged.count - 1] = sourceStrides[axis]
        destination[merged.count - 1] = destinationStrides[axis]
      } else {
        merged.append(shape[axis])
        source.append(sourceStrides[axis])
        destination.append(destinationStrides[axis])
      }
    }
    self.shape = merged.isEmpty ? [1] : merged
    self.sourceOffset = sourceOffset
    self.sourceStrides = source.isEmpty ? [1] : source
    self.destinationOffset = destinationOffset
    self.destinationStrides = destination.isEmpty ? [1] : destination
  }

  public var count: Int { shape.reduce(1, *) }
}

/// `C = A · B` for a batch of row-major matrices: `A` is `[m, k]` (`[k, m]` if transposed), `B` is `[k, n]`
/// (`[n, k]` if transposed), `C` is `[m, n]`.
public struct MatrixProduct: Hashable, Sendable {
  public var batch: Int
  public var m: Int
  public var n: Int
  public var k: Int
  public var transposesLeft: Bool
  public var transposesRight: Bool
  /// Whether one matrix B serves the whole batch.
  public var sharesRight: Bool

  public init(
    batch: Int = 1, m: Int, n: Int, k: Int, transposesLeft: Bool = false, transposesRight: Bool = false,
    sharesRight: Bool = false
  ) {
    (self.batch, self.m, self.n, self.k) = (batch, m, n, k)
    (self.transposesLeft, self.transposesRight) = (transposesLeft, transposesRight)
    self.sharesRight = sharesRight
  }
}

/// Random draws. Both read the same stream of Philox numbers (Salmon et al., 2011).
public enum Distribution: Hashable, Sendable {
  /// `low + (high − low) · u` in single precision, each operation rounded, with `u` uniform in [0, 1).
  case uniform(low: Float, high: Float)
  /// `mean + deviation · z` with `z` standard normal, by Box and Muller (1958).
  case normal(mean: Float, deviation: Float)
}

/// Upsampling by whole factors.
public enum Interpolation: Hashable, Sendable {
  /// Every element is repeated.
  case nearest
  /// With half-pixel centres: `tf.image.resize`, PyTorch's `align_corners=False`. Two spatial axes.
  case bilinear
}
