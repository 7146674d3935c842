import Files
import Foundation
import Pictures

/// Writes scalars and pictures for TensorBoard into an event file of its own in `folder`; TensorBoard shows
/// all event files of a folder as one run.
///
/// Every event is handed to the system as it is added, so a run that is stopped loses none.
public final class TensorBoardWriter {
  private let file: OutputFile

  public init(folder: URL) throws {
    let start = Date().timeIntervalSince1970
    // TensorBoard looks for `tfevents` in the name and reads files in the order of their names.
    let host = ProcessInfo.processInfo.hostName.replacingOccurrences(of: "/", with: "-")
    let unique = String(UInt32.random(in: .min ... .max), radix: 36)
    let name = "events.out.tfevents.\(Int(start)).\(host).\(ProcessInfo.processInfo.processIdentifier).\(unique)"
    file = try OutputFile(appendingTo: folder.appendingPathComponent(name))
    var version = ProtobufMessage()
    version.add(EventField.wallTime, start)
    version.add(EventField.fileVersion, "brain.Event:2")
    try file.write(framedRecord(version.bytes))
  }

  public func add(_ value: Float, named tag: String, step: Int) throws {
    try add(tag, step: step) { $0.add(ValueField.simpleValue, value) }
  }

  public func add(_ picture: Picture, named tag: String, step: Int) throws {
    let png = try picture.png()
    try add(tag, step: step) { value in
      value.add(ValueField.image) { image in
        image.add(ImageField.height, picture.height)
        image.add(ImageField.width, picture.width)
        image.add(ImageField.colorspace, picture.channels)
        image.add(ImageField.encodedImage, png)
      }
    }
  }

  private func add(_ tag: String, step: Int, _ content: (inout ProtobufMessage) -> Void) throws {
    var event = ProtobufMessage()
    event.add(EventField.wallTime, Date().timeIntervalSince1970)
    event.add(EventField.step, step)
    event.add(EventField.summary) { summary in
      summary.add(SummaryField.value) { value in
        value.add(ValueField.tag, tag)
        content(&value)
      }
    }
    try file.write(framedRecord(event.bytes))
  }
}

// Numbers of the fields in TensorFlow's event.proto and summary.proto.

private enum EventField {
  static let wallTime = 1
  static let step = 2
  static let fileVersion = 3
  static let summary = 5
}

private enum SummaryField {
  static let value = 1
}

private enum ValueField {
  static let tag = 1
  static let simpleValue = 2
  static let image = 4
}

private enum ImageField {
  static let height = 1
  static let width = 2
  static let colorspace = 3
  static let encodedImage = 4
}
