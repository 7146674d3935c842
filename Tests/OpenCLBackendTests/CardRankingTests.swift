import COpenCL
import Testing

@testable import OpenCLBackend

/// Which graphics card `auto` tries first, and that a card with two drivers is one card.
@Suite struct CardRankingTests {
  /// A card that no machine here has, of the driver with this number.
  private func card(
    _ name: String, driver: Int = 1, memory: Int = 8, units: Int = 32, discrete: Bool = true,
    version: String = "OpenCL 3.0", address: PCIAddress? = nil, identifier: [UInt8]? = nil
  ) throws -> OpenCLDevice {
    var device = try #require(OpenCLInventory().devices.first)
    device.kind = .gpu
    (device.name, device.vendor, device.globalMemory) = (name, "vendor", memory << 30)
    (device.computeUnits, device.isDiscrete, device.version) = (units, discrete, version)
    device.platform = try #require(cl_platform_id(bitPattern: driver))
    device.platformName = "driver \(driver)"
    (device.address, device.universalIdentifier) = (address, identifier)
    return device
  }

  /// The names of the cards in order, the same from whichever end drivers are listed.
  private func order(_ devices: [OpenCLDevice], everyKind: Bool = false) -> [[String]] {
    func names(_ devices: [OpenCLDevice]) -> [[String]] {
      CardRanking.cards(among: devices, everyKind: everyKind).map { card in
        card.map { "\(devices[$0].name) \(devices[$0].platformName.suffix(1))" }
      }
    }
    let result = names(devices)
    #expect(names(devices.reversed()) == result, "loader order matters")
    return result
  }

  @Test func ownMemoryThenMoreMemoryThenMoreUnits() throws {
    let devices = try [
      card("integrated", memory: 64, units: 512, discrete: false), card("small", memory: 4, units: 200),
      card("slow", memory: 24, units: 40), card("fast", memory: 24, units: 80),
    ]
    #expect(order(devices) == [["fast 1"], ["slow 1"], ["small 1"], ["integrated 1"]])
  }

  @Test func otherKindsOnlyWhenAskedFor() throws {
    var processor = try card("processor", memory: 512, units: 128, discrete: false)
    processor.kind = .cpu
    let devices = try [processor, card("card", memory: 2, discrete: false)]
    #expect(order(devices) == [["card 1"]])
    #expect(order(devices, everyKind: true) == [["card 1"], ["processor 1"]])
    #expect(order([]) == [])
  }

  @Test func aCardWithTwoDriversIsOneWhereverTheySayItIs() throws {
    let slot = PCIAddress(domain: 0, bus: 3, device: 0), other = PCIAddress(domain: 0, bus: 4, device: 0)
    // Drivers disagree on names and on how much memory is left, and AMD's says nothing of the domain.
    let devices = try [
      card("Radeon", driver: 1, memory: 15, version: "OpenCL 1.1 Mesa", address: slot),
      card("gfx1100", driver: 2, memory: 16, version: "OpenCL 2.1 AMD", address: PCIAddress(bus: 3, device: 0)),
      card("gfx1100", driver: 2, memory: 16, version: "OpenCL 2.1 AMD", address: other),
    ]
    #expect(order(devices).map(\.count).sorted() == [1, 2])
    #expect(order(devices).contains(["gfx1100 2", "Radeon 1"]), "the newer OpenCL first")
  }

  @Test func aCardIsKnownByItsIdentifierOrElseByItsLooks() throws {
    let identifier = [UInt8](repeating: 7, count: 16), other = [UInt8](repeating: 8, count: 16)
    #expect(try order([card("a", identifier: identifier), card("b", driver: 2, identifier: identifier)]).count == 1)
    #expect(try order([card("a", identifier: identifier), card("a", driver: 2, identifier: other)]).count == 2)
    #expect(try order([card("a"), card("a", driver: 2)]).count == 1)
    #expect(try order([card("a"), card("a", driver: 2, memory: 9)]).count == 2)
  }

  @Test func twoEqualCardsOfOneDriverAreTwo() throws {
    #expect(try order([card("a"), card("a")]).count == 2)
    // Both seen by both drivers.
    let four = try [card("a"), card("a"), card("a", driver: 2), card("a", driver: 2)]
    #expect(order(four) == [["a 1", "a 2"], ["a 1", "a 2"]])
  }

  /// What would be divided by, or never be given memory, is refused with its cause.
  @Test func aDeviceThatReportsNothingIsRefused() throws {
    let whole = try #require(OpenCLInventory().devices.first)
    let faults: [(WritableKeyPath<OpenCLDevice, Int>, String)] = [
      (\.computeUnits, "compute units: 0"), (\.globalMemory, "memory: 0"), (\.maximumAllocation, "largest buffer: 0"),
      (\.maximumWorkGroupSize, "largest work-group: 0"),
    ]
    func refusal(_ change: (inout OpenCLDevice) -> Void) -> String {
      var device = whole
      change(&device)
      do {
        _ = try OpenCLRuntime(device: device, configuration: configuration { $0.cache = .none })
        return "accepted"
      } catch { return "\(error)" }
    }
    for (extent, cause) in faults {
      let text = refusal { $0[keyPath: extent] = 0 }
      #expect(text.contains(whole.name) && text.contains(cause), "\(text)")
    }
    #expect(refusal { $0.hasCompiler = false }.contains("no compiler"))
    #expect(refusal { $0.isAvailable = false }.contains("not available"))
    #expect(refusal { _ in } == "accepted")
  }
}
