import CZip
import Foundation
import TestSupport
import Volumes

/// An archive as Sweet Home 3D has them.
struct ShapeArchive {
  struct Model {
    let name: String
    let category: String
    var mesh = "v 0 0 0\nv 1 0 0\nv 0 2 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"
    var more: [String] = []
  }

  static func write(_ models: [Model], to url: URL) throws {
    var entries = [("PluginFurnitureCatalog.properties", "# a catalogue\nid=test\n")]
    for (index, model) in models.enumerated() {
      let number = index + 1
      entries[0].1 += "\nid#\(number)=test#\(number)\nname#\(number)=\(model.name)\ncategory#\(number)=\(model.category)\n"
      entries[0].1 += "model#\(number)=/models/\(number)/model.obj\nwidth#\(number)=40\ndepth#\(number)=40\nheight#\(number)=80\n"
      entries[0].1 += model.more.map { $0.replacing("=", with: "#\(number)=") + "\n" }.joined()
      entries.append(("models/\(number)/model.obj", model.mesh))
    }
    var code: Int32 = 0
    guard let archive = zip_open(url.path, ZIP_CREATE | ZIP_TRUNCATE, &code) else { throw CocoaError(.fileWriteUnknown) }
    for (name, text) in entries {
      let bytes = Array(text.data(using: .isoLatin1)!)
      let memory = UnsafeMutableRawPointer(malloc(max(1, bytes.count))!)
      memory.copyMemory(from: bytes, byteCount: bytes.count)
      guard let source = zip_source_buffer(archive, memory, UInt64(bytes.count), 1), zip_file_add(archive, name, source, 0) >= 0
      else {
        throw CocoaError(.fileWriteUnknown)
      }
    }
    guard zip_close(archive) == 0 else { throw CocoaError(.fileWriteUnknown) }
  }
}
