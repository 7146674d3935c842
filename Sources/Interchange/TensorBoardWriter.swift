import Files
import Foundation
import Pictures

/// Writes scalars and pictures for TensorBoard into an event file in `folder`; TensorBoard shows all event files
/// of a folder as one run.
///
/// Every event is handed to the system as it is added, so a run that is stopped loses none; only ``synchronize()``
/// keeps them from a power loss.
public final class TensorBoardWriter {
  private let log: AppendedLog
  /// How many events were dropped because they come after the step that is continued, or were torn by a crash.
  public let droppedCount: Int
  /// The tags that the step that is continued has already.
  private let tagsOfLastStep: Set<String>
  private let lastStep: Int?

  /// - Parameter step: The last step of what the folder's events are to be kept of, if a run goes on: later events of
  ///   files that this type wrote are dropped, and the last of the files is continued. Nil for a new file beside all
  ///   others.
  public init(folder: URL, continuingAfter step: Int? = nil) throws {
    var last: URL?, droppedCount = 0, tags = Set<String>()
    if let step {
      let files = try EventFile.all(in: folder)
      for file in files {
        let cut = try EventFile.drop(after: step, from: file, isLast: file == files.last)
        droppedCount += cut.droppedCount
        tags.formUnion(cut.tagsOfLastStep)
      }
      last = files.last
    }
    (self.droppedCount, tagsOfLastStep, lastStep) = (droppedCount, tags, step)
    log = try AppendedLog(last ?? folder.appendingPathComponent(EventFile.newName())) { $0.size }
    if log.size == 0 { try log.append(EventFile.firstRecord(), synchronizing: false) }
  }

  /// Returns once all events are on the disk, where a crash or power loss cannot take them.
  public func synchronize() throws { try log.synchronize() }

  /// Whether the folder had a value of `tag` at `step`, the last one before the run went on.
  public func holds(_ tag: String, step: Int) -> Bool { step == lastStep && tagsOfLastStep.contains(tag) }

  /// Adds a point to a curve.
  ///
  /// - Parameters:
  ///   - tag: Names the chart; those with the same text before a slash stand together.
  ///   - step: Its place on the horizontal axis.
  /// - Throws: `FileError`.
  public func add(_ value: Float, named tag: String, step: Int) throws {
    try add(tag, step: step) { $0.add(ValueField.simpleValue, value) }
  }

  /// Adds a picture, as PNG.
  ///
  /// - Parameters:
  ///   - tag: Names the series of pictures; those with the same text before a slash stand together.
  ///   - step: Its place in the series.
  /// - Throws: `FileError`; `PictureError` if it cannot be encoded.
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
    try log.append(EventFile.record(tag, step: step, content), synchronizing: false)
  }
}

// Numbers of the fields in TensorFlow's event.proto and summary.proto.

enum EventField {
  static let wallTime = 1
  static let step = 2
  static let fileVersion = 3
  static let summary = 5
}

enum SummaryField {
  static let value = 1
}

enum ValueField {
  static let tag = 1
  static let simpleValue = 2
  static let image = 4
  static let tensor = 8
  static let metadata = 9
}

private enum ImageField {
  static let height = 1
  static let width = 2
  static let colorspace = 3
  static let encodedImage = 4
}
