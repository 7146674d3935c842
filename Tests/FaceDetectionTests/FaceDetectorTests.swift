#if OpenCV
  import Faces
  import Files
  import Foundation
  import Pictures
  import TestSupport
  import Testing

  @testable import FaceDetection

  /// Faces found with the cascades of Debian's `opencv-data`, by those who build with OpenCV.
  @Suite struct FaceDetectorTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    static let haar = URL(fileURLWithPath: "/usr/share/opencv4/haarcascades/haarcascade_frontalface_alt2.xml")
    static let lbp = URL(fileURLWithPath: "/usr/share/opencv4/lbpcascades/lbpcascade_frontalface.xml")

    /// A drawn face looking straight ahead, in a wide picture, beginning at `x`.
    private func picture(at x: Int, person: Int = 3) -> Picture {
      let face = Face(identity: FaceIdentity(seed: 1, number: person), age: 30).drawn(size: 200)
      var pixels = [UInt8](repeating: 128, count: 500 * 220 * 3)
      for row in 0..<200 {
        pixels.replaceSubrange(
          ((row + 10) * 500 + x) * 3..<((row + 10) * 500 + x + 200) * 3, with: face.pixels[row * 600..<(row + 1) * 600])
      }
      return Picture(width: 500, height: 220, channels: 3, pixels: pixels)
    }

    @Test func theLargestFaceIsCroppedWhereItIs() throws {
      let detector = try FaceDetector(cascade: Self.haar)
      for x in [0, 140, 300] {
        let found = try #require(try detector.largestFace(in: picture(at: x)))
        #expect(abs(found.x + found.width / 2 - Double(x + 100)) < 25 && found.width == found.height)
        #expect(found.x >= 0 && found.y >= 0 && found.x + found.width <= 500 && found.y + found.height <= 220)
      }
      let empty = Picture(width: 300, height: 200, channels: 3, filledWith: 90)
      #expect(try detector.largestFace(in: empty) == nil)
      #expect(try detector.largestFace(in: Picture(width: 1, height: 1, channels: 1, filledWith: 9)) == nil)
      #expect(try FaceDetector(cascade: Self.lbp).faces(in: empty).isEmpty)
    }

    /// Drawn faces look enough like faces.
    @Test func mostDrawnFacesAreFound() async throws {
      let detector = try FaceDetector(cascade: Self.haar)
      let found = try await withThrowingTaskGroup { group in
        for index in 0..<40 {
          group.addTask { try detector.faces(in: FaceCollection(seed: 7)[index].drawn(size: 128)).isEmpty ? 0 : 1 }
        }
        return try await group.reduce(0, +)
      }
      #expect(found >= 28, "\(found) of 40")
    }

    @Test func damagedCascadesAreErrors() throws {
      let bytes = try InputFile.contents(of: Self.lbp)
      for (name, contents) in [
        ("empty", []), ("text", Array("no cascade".utf8)), ("zeros", [UInt8](repeating: 0, count: 99)),
        ("cut", Array(bytes.prefix(bytes.count / 2))),
        ("other", Array("<?xml version=\"1.0\"?><opencv_storage><a>1</a></opencv_storage>".utf8)),
      ] {
        let file = try folder.write(contents, "\(name).xml")
        let error = #expect(throws: CascadeError.self, "\(name)") { try FaceDetector(cascade: file) }
        #expect(error?.description.hasPrefix("\(file.path) is no cascade") == true, "\(name): \(String(describing: error))")
      }
      #expect(throws: FileError.self) { try FaceDetector(cascade: folder("nowhere.xml")) }
    }

    /// OpenCV itself reads wherever a cascade's numbers point to, and ends the program with some.
    @Test func noDamageEndsTheProgram() throws {
      let bytes = try InputFile.contents(of: Self.lbp)
      var words = SplitMix(state: 11)
      let picture = Face(identity: FaceIdentity(seed: 1, number: 3), age: 30).drawn(size: 48)
      var refused = 0
      for _ in 0..<150 {
        var damaged = bytes
        for _ in 0..<1 + words.next(below: 6) {
          let place = words.next(below: damaged.count)
          switch words.next(below: 4) {
          case 0: damaged[place] = UInt8(32 + words.next(below: 95))
          case 1: damaged.removeSubrange(place..<min(damaged.count, place + words.next(below: 40)))
          default:
            if let digit = damaged[place...].firstIndex(where: { (48...57).contains($0) }) {
              damaged.insert(contentsOf: [[45], [57, 57, 57], [46]][words.next(below: 3)] as [UInt8], at: digit)
            }
          }
        }
        let file = try folder.write(damaged, "damaged.xml")
        do { _ = try FaceDetector(cascade: file).faces(in: picture) } catch is CascadeError { refused += 1 }
      }
      #expect(refused > 20)
    }
  }

  private struct SplitMix {
    var state: UInt64

    mutating func next(below bound: Int) -> Int {
      state &+= 0x9E37_79B9_7F4A_7C15
      var word = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
      word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
      return Int((word ^ word >> 31) >> 1) % bound
    }
  }
#endif
