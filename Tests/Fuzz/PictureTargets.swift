import CZlib
import Datasets
import Foundation
import Pictures
import TestSupport

/// Pictures as cameras and programs leave them, and files prepared of them.
struct PictureTargets {
  let folder: TemporaryFolder

  func all() throws -> [FuzzTarget] { [try png(), try jpeg(), try prepared(), landmarks()] }

  private func decode(_ bytes: [UInt8]) throws {
    let picture = try EncodedPicture(bytes)
    _ = try picture.decoded()
    _ = try picture.shaped(to: (8, 8, 3), by: .bilinear, crop: .centre)
  }

  private func png() throws -> FuzzTarget {
    let corpus = try fixtures("PicturesTests/Fixtures", endingWith: ".png")
    return FuzzTarget("PNG", corpus: corpus) { mutator, input, other in
      // Under good checksums, or nothing behind them is tried.
      Self.withGoodChecksums(mutator.bytes(input, other: other))
    } read: {
      try decode($0)
    }
  }

  /// The chunks of a PNG file, each with the checksum that its contents have.
  private static func withGoodChecksums(_ png: [UInt8]) -> [UInt8] {
    var png = png, place = 8
    while place + 12 <= png.count {
      let size = png[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      guard size <= png.count - place - 12 else { break }
      let end = place + 8 + size
      let checksum = png[place + 4..<end].withUnsafeBufferPointer { UInt32(crc32_z(0, $0.baseAddress, $0.count)) }
      png.replaceSubrange(end..<end + 4, with: withUnsafeBytes(of: checksum.bigEndian) { Array($0) })
      place = end + 4
    }
    return png
  }

  private func jpeg() throws -> FuzzTarget {
    let corpus = try fixtures("PicturesTests/Fixtures", endingWith: ".jpg")
    return FuzzTarget("JPEG", corpus: corpus) { mutator, input, other in
      // A segment's contents or size, most of which stand before the pixels.
      var changed = input
      let markers = input.indices.dropLast(6).filter { input[$0] == 0xFF && input[$0 + 1] >= 0xC0 && input[$0 + 1] != 0xFF }
      for _ in 0...mutator.below(2) where !markers.isEmpty {
        let place = mutator.pick(markers) + 1 + mutator.below(16)
        if place < changed.count { changed[place] = mutator.pick([0, 1, 2, 3, 4, 0x11, 0x22, 0x40, 0x7F, 0xC2, 0xFF]) }
      }
      return changed
    } read: {
      try decode($0)
    }
  }

  private func prepared() throws -> FuzzTarget {
    let pictures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "PicturesTests/Fixtures")
    let source = folder("corpus-prepared")
    for (place, name) in ["a/1.png": "grey.png", "b/2.jpg": "color.jpg", "b/3.png": "color-alpha.png"] {
      _ = try folder.write([UInt8](Data(contentsOf: pictures.appending(path: name))), "corpus-prepared/\(place)")
    }
    let corpus = try [[4, 4, 1], [3, 5, 3]].map { shape in
      let file = folder("corpus-prepared-\(shape[2]).safetensors")
      _ = try ImagePreparation(PictureListing(source), to: file, shape: shape).run()
      return [UInt8](try Data(contentsOf: file))
    }
    return FuzzTarget("prepared", corpus: corpus, mutate: FileTargets.changingHeader) { bytes in
      let images = try PreparedImages(contentsOf: folder.write(bytes, "prepared.safetensors"))
      _ = try images.names()
      let image = images.fields[0]
      _ = try images.batch([0, images.count - 1], of: [image])
    }
  }

  /// Tables of eyes, and faces turned by them.
  private func landmarks() -> FuzzTarget {
    let heading = "file,lefteye_x,lefteye_y,righteye_x,righteye_y"
    let corpus = [
      "\(heading)\nface.png,3,4,8,5\n",
      "image_id,right_eye_y,left_eye_x,left_eye_y,right_eye_x,age\nface.png,-1e3,4.5,1e9,4.5,30\n",
      "\(heading)\na/face.png,1e150,2,-1e150,3\nface.png,0,0,0.001,1\n",
    ].map { Array($0.utf8) }
    let picture = Picture(width: 9, height: 7, channels: 3, pixels: (0..<9 * 7 * 3).map { UInt8($0) })
    return FuzzTarget("landmarks", corpus: corpus) { mutator, input, other in
      mutator.bytes(input, other: other)
    } read: {
      let eyes = try EyeLandmarks(contentsOf: folder.write($0, "eyes.csv"))
      for name in ["face.png", "a/face.png"] {
        if let pair = eyes[URL(filePath: "/\(name)")] { _ = picture.aligned(by: pair, width: 8, height: 8) }
      }
    }
  }
}
