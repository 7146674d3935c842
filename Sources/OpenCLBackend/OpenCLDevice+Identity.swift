import COpenCL

/// Where a card is plugged in. The same for every driver, so that a card with two of them is known to be one.
struct PCIAddress: Equatable, Sendable {
  /// Nil where the driver leaves it out.
  var domain: Int?
  var bus: Int
  var device: Int

  func isSame(as other: PCIAddress) -> Bool {
    bus == other.bus && device == other.device && (domain == nil || other.domain == nil || domain == other.domain)
  }
}

// Numbers of extensions, which old headers lack: `cl_khr_pci_bus_info`, `cl_nv_device_attribute_query`,
// `cl_amd_device_attribute_query` and `cl_khr_device_uuid`.
private let busInformation: cl_device_info = 0x410F
private let busOfNVIDIA: cl_device_info = 0x4008
private let slotOfNVIDIA: cl_device_info = 0x4009
private let domainOfNVIDIA: cl_device_info = 0x400A
private let topologyOfAMD: cl_device_info = 0x4037
private let deviceUUID: cl_device_info = 0x106A

extension PCIAddress {
  /// Nil if the device has none or its driver does not tell.
  init?(of id: cl_device_id, extensions: [String]) {
    if extensions.contains("cl_khr_pci_bus_info"), let words = bytes(busInformation, of: id, count: 16)?.words {
      self.init(domain: words[0], bus: words[1], device: words[2])
    } else if extensions.contains("cl_nv_device_attribute_query"),
      let bus = bytes(busOfNVIDIA, of: id, count: 4)?.words, let slot = bytes(slotOfNVIDIA, of: id, count: 4)?.words
    {
      self.init(domain: bytes(domainOfNVIDIA, of: id, count: 4)?.words[0], bus: bus[0], device: slot[0])
    } else if extensions.contains("cl_amd_device_attribute_query"),
      let topology = bytes(topologyOfAMD, of: id, count: 24), topology.words[0] == 1
    {
      // The type, 1 for PCI Express; bus, device and function are the last bytes.
      self.init(domain: nil, bus: Int(topology[21]), device: Int(topology[22]))
    } else {
      return nil
    }
  }
}

extension OpenCLDevice {
  static func universalIdentifier(of id: cl_device_id, extensions: [String]) -> [UInt8]? {
    extensions.contains("cl_khr_device_uuid") ? bytes(deviceUUID, of: id, count: 16) : nil
  }
}

/// What a device answers, or nil if it does not, or otherwise than the extension says.
private func bytes(_ key: cl_device_info, of id: cl_device_id, count: Int) -> [UInt8]? {
  var answer = [UInt8](repeating: 0, count: count), size = 0
  guard clGetDeviceInfo(id, key, count, &answer, &size) == CL_SUCCESS, size == count else { return nil }
  return answer
}

extension [UInt8] {
  /// As 32-bit numbers of this machine's byte order.
  fileprivate var words: [Int] {
    withUnsafeBytes { bytes in
      stride(from: 0, to: count - 3, by: 4).map { Int(bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)) }
    }
  }
}
