import Tensors

extension TestDevice {
  /// For tensors. All tests share its backend.
  public func device() throws -> Device { Device(try backend()) }
}

extension TestDevices {
  /// The devices under test and, unless these were chosen, the reference itself: for tests whose expected numbers are not
  /// its own.
  public static let withReference = (areChosen ? [] : [TestDevice.reference]) + all
}
