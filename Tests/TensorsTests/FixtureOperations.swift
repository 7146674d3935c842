import Backends
import Tensors
import TestSupport

extension FixtureCase {
  /// What the case computes, from its own inputs or from tracked ones given by role.
  func output(_ inputs: [String: Tensor]) -> Tensor {
    let result = operation(inputs)
    return has("then") ? result.squared() : result
  }

  private func operation(_ inputs: [String: Tensor]) -> Tensor {
    let operation = text("operation")
    if inputs["left"] != nil { return binary(operation, inputs["left"]!, inputs["right"]!) }
    if operation == "concatenate" || operation == "stack" {
      let parts = inputs.keys.sorted().map { inputs[$0]! }
      return operation == "stack"
        ? .stack(parts, axis: integer("axis")) : .concatenate(parts, axis: integer("axis"))
    }
    let x = inputs["input"]!
    switch operation {
    case "convolution":
      return x.convolved(
        filter: inputs["filter"]!, bias: inputs["bias"], stride: integers("stride"), padding: padding,
        dilation: integers("dilation"), activation: fusedActivation)
    case "transposedConvolution":
      return x.transposedConvolved(
        filter: inputs["filter"]!, bias: inputs["bias"], stride: integers("stride"), padding: padding,
        dilation: integers("dilation"), outputSize: transposedSize(x, inputs["filter"]!),
        activation: fusedActivation)
    case "maximumPooling", "averagePooling", "globalMaximumPooling", "globalAveragePooling", "upsampling":
      return resampled(operation, x)
    case "batchNormalization", "instanceNormalization", "layerNormalization":
      return normalized(operation, x, scale: inputs["scale"], offset: inputs["offset"])
    case "sum", "mean", "maximum", "minimum", "variance", "logSumExp":
      return reduced(operation, x, axes: integers("axes"), keeping: flag("keepsAxes"))
    case "transpose", "reshape", "broadcast", "slice", "pad", "tile", "flip", "gather":
      return relaid(operation, x)
    case "prelu": return x.prelu(slope: inputs["slope"]!)
    default: return unary(operation, x)
    }
  }

  private var padding: Padding {
    switch text("padding") {
    case "same": .same
    case "valid": .valid
    default: .explicit(low: integers("paddingLow"), high: integers("paddingHigh"))
    }
  }

  private var fusedActivation: Activation {
    has("activation") && text("activation") == "relu" ? .relu : .identity
  }

  /// PyTorch says how many rows to add to the least size; Keras' sizes are the default.
  private func transposedSize(_ input: Tensor, _ filter: Tensor) -> [Int]? {
    guard has("outputPadding") else { return nil }
    let least = Tensor.transposedSize(
      inputSize: input.spatialSize, kernelSize: Array(filter.shape.dimensions.dropLast(2)),
      stride: integers("stride"), padding: padding, dilation: integers("dilation"))
    return zip(least, integers("outputPadding")).map(+)
  }

  private func resampled(_ operation: String, _ x: Tensor) -> Tensor {
    switch operation {
    case "maximumPooling": x.maxPooled(size: integers("size"), stride: integers("stride"), padding: padding)
    case "averagePooling":
      x.averagePooled(
        size: integers("size"), stride: integers("stride"), padding: padding, countsPadding: flag("countsPadding"))
    case "globalMaximumPooling": x.globalMaxPooled()
    case "globalAveragePooling": x.globalAveragePooled()
    default:
      x.upsampled(
        factors: integers("factors"), interpolation: text("interpolation") == "bilinear" ? .bilinear : .nearest)
    }
  }

  private func normalized(_ operation: String, _ x: Tensor, scale: Tensor?, offset: Tensor?) -> Tensor {
    let epsilon = number("epsilon")
    switch operation {
    case "instanceNormalization":
      return x.instanceNormalized(scale: scale, offset: offset, epsilon: epsilon).output
    case "layerNormalization": return x.layerNormalized(scale: scale, offset: offset, epsilon: epsilon)
    default:
      if !has("training") || flag("training") {
        return x.batchNormalized(scale: scale, offset: offset, epsilon: epsilon).output
      }
      return x.normalized(
        mean: tensor("movingMean", on: x.device), variance: tensor("movingVariance", on: x.device), scale: scale,
        offset: offset, epsilon: epsilon)
    }
  }

  private func reduced(_ operation: String, _ x: Tensor, axes: [Int], keeping: Bool) -> Tensor {
    switch operation {
    case "sum": x.sum(axes: axes, keepingDimensions: keeping)
    case "mean": x.mean(axes: axes, keepingDimensions: keeping)
    case "maximum": x.max(axes: axes, keepingDimensions: keeping)
    case "minimum": x.min(axes: axes, keepingDimensions: keeping)
    case "variance": x.variance(axes: axes, keepingDimensions: keeping)
    default: x.logSumExp(axes: axes, keepingDimensions: keeping)
    }
  }

  private func relaid(_ operation: String, _ x: Tensor) -> Tensor {
    switch operation {
    case "transpose": x.transposed(integers("permutation"))
    case "reshape": x.reshaped(to: integers("shape"))
    case "broadcast": x.broadcast(to: Shape(integers("shape")))
    case "slice": x.sliced(from: integers("lower"), size: zip(integers("upper"), integers("lower")).map(-))
    case "pad": x.padded(before: integers("low"), after: integers("high"), with: number("value"))
    case "tile": x.tiled(integers("repeats"))
    case "flip": x.flipped(axes: integers("axes"))
    default: x.gathering(Tensor(integers("indices").map(Float.init), on: x.device))
    }
  }

  private func binary(_ operation: String, _ left: Tensor, _ right: Tensor) -> Tensor {
    switch operation {
    case "add": return left + right
    case "subtract": return left - right
    case "multiply": return left * right
    case "divide": return left / right
    case "power": return left.power(right)
    case "maximum": return .maximum(left, right)
    case "minimum": return .minimum(left, right)
    case "matrixProduct": return .matmul(left, right)
    case "select":
      let condition = Tensor(integers("condition").map(Float.init), shape: left.shape, on: left.device)
      return .select(condition, left, right)
    default: fatalError("the fixture \(name) has an unknown operation \(operation)")
    }
  }

  private func unary(_ operation: String, _ x: Tensor) -> Tensor {
    switch operation {
    case "exp": x.exp()
    case "log": x.log()
    case "logarithmOnePlus": x.log1p()
    case "exponentialMinusOne": x.expm1()
    case "squareRoot": x.squareRoot()
    case "reciprocalSquareRoot": x.reciprocalSquareRoot()
    case "square": x.squared()
    case "reciprocal": x.reciprocal()
    case "absolute": x.absolute()
    case "sine": x.sin()
    case "cosine": x.cos()
    case "negate": -x
    case "power": x.power(number("exponent"))
    case "clamp": x.clamped(low: number("low"), high: number("high"))
    case "relu": x.relu()
    case "leakyReLU": x.leakyReLU(slope: number("slope"))
    case "elu": x.elu(alpha: number("alpha"))
    case "sigmoid": x.sigmoid()
    case "tanh": x.tanh()
    case "softplus": x.softplus()
    case "softmax": x.softmax(axis: integer("axis"))
    case "logSoftmax": x.logSoftmax(axis: integer("axis"))
    default: fatalError("the fixture \(name) has an unknown operation \(operation)")
    }
  }
}
