#if OpenCV
  import CFaceDetection
  import Pictures

  /// A cascade as OpenCV holds it. `@unchecked`: a detector lends it to one thread at a time.
  final class Cascade: @unchecked Sendable {
    private let cascade: OpaquePointer
    private let path: String
    /// The side of the smallest face that is looked for, in pixels.
    private static let smallest: Int32 = 24
    private static let mostFaces = 256

    init(_ xml: String, path: String) throws {
      var message = [CChar](repeating: 0, count: 512)
      guard let cascade = face_cascade_read(xml, &message, message.count) else {
        throw CascadeError(description: "\(path) is no cascade of OpenCV: \(Self.text(message))")
      }
      (self.cascade, self.path) = (cascade, path)
    }

    deinit { face_cascade_free(cascade) }

    func faces(in grey: Picture) throws -> [FaceBox] {
      var message = [CChar](repeating: 0, count: 512)
      var found = [FaceRectangle](repeating: FaceRectangle(), count: Self.mostFaces)
      let count = face_cascade_find(
        cascade, grey.pixels, Int32(grey.width), Int32(grey.height), Self.smallest, &found, Int32(found.count), &message,
        message.count)
      guard count >= 0 else { throw CascadeError(description: "OpenCV fails with \(path): \(Self.text(message))") }
      return found.prefix(Int(count)).map { FaceBox(x: Int($0.x), y: Int($0.y), width: Int($0.width), height: Int($0.height)) }
    }

    private static func text(_ message: [CChar]) -> String {
      String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
#endif
