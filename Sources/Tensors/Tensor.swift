import Backends

/// A multidimensional array of 32-bit floats on a device.
///
/// Immutable; operations return new tensors and remember, on the tape, how to differentiate themselves
/// (see ``gradients(of:withRespectTo:seed:createsGraph:retainsGraph:)``). Layout is row-major and, for
/// images and volumes, channels-last: `[N, height, width, C]`, `[N, depth, height, width, C]`.
///
/// Operations on tensors of different devices, or of shapes that do not fit, are programming mistakes and
/// stop the program with a message that gives both.
public struct Tensor: Sendable {
  /// The extents, outermost first; `[]` for a scalar.
  public let shape: Shape
  /// Where the elements are, and where operations on them run.
  public let device: Device
  private let contents: Contents
  /// The place of this tensor on the tape, nil for constants.
  let node: Node?

  private enum Contents: Sendable {
    case stored(any Storage)
    /// All elements are this.
    case uniform(Float)
  }

  package init(_ storage: any Storage, shape: Shape, on device: Device) {
    self.init(storage, shape: shape, on: device, node: nil)
  }

  init(_ storage: any Storage, shape: Shape, on device: Device, node: Node?) {
    require(storage.count == shape.count, "storage of \(storage.count) floats cannot hold shape \(shape)")
    (contents, self.shape, self.device, self.node) = (.stored(storage), shape, device, node)
  }

  /// A constant whose elements all are `value`, which takes no memory, and in arithmetic often no operation. Gradients
  /// are such at their beginning: the seed, and what means and sums make of it.
  package init(uniform value: Float, shape: Shape, on device: Device) {
    (contents, self.shape, self.device, node) = (.uniform(value), shape, device, nil)
  }

  /// What all elements are, if it is known here.
  var uniformValue: Float? {
    if case .uniform(let value) = contents { value } else { nil }
  }

  /// The elements on the device, row-major. Those of a uniform tensor are made at every call.
  package var storage: any Storage {
    switch contents {
    case .stored(let storage): storage
    case .uniform(let value): device.backend.fill(value, count: count)
    }
  }

  /// A tensor with the given elements, row-major.
  public init(_ scalars: [Float], shape: Shape, on device: Device) {
    require(scalars.count == shape.count, "Tensor: \(scalars.count) scalars do not fill shape \(shape)")
    self.init(scalars.withUnsafeBufferPointer { device.backend.upload($0) }, shape: shape, on: device)
  }

  /// A vector.
  public init(_ scalars: [Float], on device: Device) {
    self.init(scalars, shape: [scalars.count], on: device)
  }

  /// A scalar.
  public init(_ value: Float, on device: Device) { self.init(repeating: value, shape: [], on: device) }

  /// A tensor whose elements all are `value`.
  public init(repeating value: Float, shape: Shape, on device: Device) {
    self.init(device.backend.fill(value, count: shape.count), shape: shape, on: device)
  }

  /// A tensor of zeros.
  public static func zeros(_ shape: Shape, on device: Device) -> Tensor {
    Tensor(repeating: 0, shape: shape, on: device)
  }

  /// A tensor of ones.
  public static func ones(_ shape: Shape, on device: Device) -> Tensor {
    Tensor(repeating: 1, shape: shape, on: device)
  }

  /// The number of axes; 0 for a scalar.
  public var rank: Int { shape.rank }
  /// The number of elements: the product of the extents, 1 for a scalar.
  public var count: Int { shape.count }

  /// The elements, row-major; waits for the device.
  ///
  /// - Throws: the first failure of the device since the last throw.
  public func scalars() throws -> [Float] {
    let count = self.count
    return try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      try device.backend.download(
        [storage], into: UnsafeMutableBufferPointer(rebasing: buffer[0..<count]))
      initialized = count
    }
  }

  /// The only element; waits for the device.
  ///
  /// - Throws: the first failure of the device since the last throw.
  public func scalar() throws -> Float {
    require(count == 1, "scalar() wants one element, not shape \(shape)")
    return try scalars()[0]
  }

  /// The only element of each; waits for their device once, not for each.
  package static func scalars(of tensors: [Tensor]) throws -> [Float] {
    guard let device = tensors.first?.device, tensors.allSatisfy({ $0.device == device && $0.count == 1 }) else {
      return try tensors.map { try $0.scalar() }
    }
    return try [Float](unsafeUninitializedCapacity: tensors.count) { buffer, initialized in
      try device.backend.download(
        tensors.map(\.storage), into: UnsafeMutableBufferPointer(rebasing: buffer[0..<tensors.count]))
      initialized = tensors.count
    }
  }

  /// The same values as a constant: gradients stop here.
  public func detached() -> Tensor { node == nil ? self : Tensor(storage, shape: shape, on: device) }

  /// The same values as a new variable, which gradients can be taken with respect to.
  public func tracked() -> Tensor { Tensor(storage, shape: shape, on: device, node: Node()) }

  /// Whether operations on this tensor are recorded on the tape.
  public var isTracked: Bool { node != nil }

  /// The same values on another device, as a constant; waits for this tensor's device unless the two are the same.
  ///
  /// - Throws: the first failure of this tensor's device since the last throw.
  public func copied(to other: Device) throws -> Tensor {
    other == device ? detached() : Tensor(try scalars(), shape: shape, on: other)
  }
}
