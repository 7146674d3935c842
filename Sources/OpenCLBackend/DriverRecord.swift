import Files
import Foundation

/// What drivers answered, remembered in the user's caches: asking again takes some tenths of a second, or ends a process.
///
/// Whatever is wrong with the file means that the drivers are asked again; one that cannot be written is no error.
struct DriverRecord: Codable, Equatable {
  struct Platform: Codable, Equatable {
    let name: String
    let version: String
  }

  /// Why a driver is left out.
  struct Failure: Codable, Equatable {
    let platform: Platform
    let cause: String
  }

  /// The state of the files, devices and limits that the answer depends on.
  var stamp: String
  /// Why no driver can be asked.
  var failure: String?
  var leftOut: [Failure] = []
  /// Those of all other drivers, graphics cards first; nil where something was amiss, and they are to be asked each time.
  var devices: [OpenCLSurvey.Device]?
  /// Why these are none.
  var reasonForNoDevice: String?

  static func file(for surroundings: DriverSurroundings) -> URL? {
    ProgramCache.folder?.appendingPathComponent("drivers/\(surroundings.key).json")
  }

  /// The record of these surroundings, if there is one of their present state.
  init?(for surroundings: DriverSurroundings) {
    guard let file = DriverRecord.file(for: surroundings), let text = try? JSONText(contentsOf: file),
      let record = try? text.decodeExactly(DriverRecord.self), record.stamp == surroundings.stamp
    else { return nil }
    self = record
  }

  init(stamp: String) { self.stamp = stamp }

  /// Returns where it was written, or nil.
  func write(for surroundings: DriverSurroundings) -> URL? {
    guard let file = DriverRecord.file(for: surroundings), let data = try? JSONEncoder().encode(self) else { return nil }
    do {
      try createFolder(file.deletingLastPathComponent())
      try writeAtomically([UInt8](data), to: file)
      return file
    } catch {
      return nil
    }
  }
}

extension OpenCLDevice.Kind: Codable {}
