import Backends
import COpenCL
import Synchronization

/// A device reached through OpenCL 1.2, computing with the kernels of the `Kernels` folder.
public final class OpenCLBackend: Backend {
  /// The device made ready to compute: its queue, its kernels and its memory.
  package let runtime: OpenCLRuntime
  public let identifier: String
  /// Single numbers that were asked for, by their bits: steps ask for the same few again and again.
  let numbers = Mutex<[UInt32: OpenCLStorage]>([:])
  /// What is to be added up when it is asked for.
  let pending = Mutex<[PendingSum]>([])

  public var name: String { runtime.device.name }
  /// What the device says about itself.
  public var device: OpenCLDevice { runtime.device }
  public var statistics: BackendStatistics { runtime.statistics }

  /// All devices of all platforms, graphics cards first: their places are their indices. Drivers are asked in this
  /// process, which a broken one may end; `Device.openCL(_:)` has them asked in a second process first.
  public static func devices() -> OpenCLInventory { OpenCLInventory() }

  /// Opens device `deviceIndex` of ``devices()``. It is not tested.
  public init(
    deviceIndex: Int = 0, inventory: OpenCLInventory = OpenCLInventory(),
    configuration: OpenCLConfiguration = .fromEnvironment
  ) throws {
    guard inventory.devices.indices.contains(deviceIndex) else {
      throw OpenCLError.noSuchDevice(
        index: deviceIndex, available: inventory.devices.map(\.name), cause: inventory.reasonForNoDevice)
    }
    runtime = try OpenCLRuntime(device: inventory.devices[deviceIndex], configuration: configuration)
    identifier = "opencl:\(deviceIndex)"
  }

  /// Opens the device of another backend once more.
  package init(sharing other: OpenCLBackend, configuration: OpenCLConfiguration) throws {
    runtime = try OpenCLRuntime(device: other.device, configuration: configuration)
    identifier = other.identifier
  }

  /// The storage as this backend's own; anything else is a mixture of devices, a programming mistake.
  func own(_ storage: any Storage) -> OpenCLStorage {
    guard let storage = storage as? OpenCLStorage, storage.runtime === runtime else {
      preconditionFailure("\(identifier) was given a storage of another device")
    }
    if storage.isPending.load(ordering: .acquiring) { addUpPending() }
    return storage
  }

  func buffer(_ storage: any Storage) -> KernelArgument { .buffer(own(storage)) }

  /// Allocates `count` elements and runs the operation that writes them, unless there are none.
  func produce(_ count: Int, _ body: (OpenCLStorage) throws -> Void) -> OpenCLStorage {
    let output = runtime.allocate(count: count)
    if count > 0 { runtime.perform { try body(output) } }
    return output
  }

  // MARK: Memory

  public func upload(_ values: UnsafeBufferPointer<Float>) -> any Storage { runtime.upload(values) }

  public func download(_ storages: [any Storage], into values: UnsafeMutableBufferPointer<Float>) throws {
    precondition(values.count == storages.totalCount, "download: \(storages.totalCount) values into \(values.count)")
    try runtime.download(storages.map(own), into: values)
  }

  public func synchronize() throws {
    addUpPending()
    try runtime.synchronize()
  }

  public func allocate(count: Int) -> any Storage { runtime.allocate(count: count) }
}
