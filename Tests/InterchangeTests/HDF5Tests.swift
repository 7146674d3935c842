import Files
import Foundation
import TestSupport
import Testing

@testable import Interchange

@Suite struct HDF5Tests {
  @Test func showsWhatAFileHolds() throws {
    let file = try HDF5File(contentsOf: fixture("plain.h5"))
    #expect(file.groups == ["", "a"])
    #expect(Set(file.datasets.keys) == ["a/b", "scalar", "empty", "outside"])
    #expect(file.datasets["a/b"] == .init(type: .float32, shape: [2, 3]))
    #expect(file.datasets["scalar"] == .init(type: .float64, shape: []))
    #expect(file.texts("text", of: "a") == ["déjà vu"])
    #expect(file.texts("number", of: "a") == nil)
    #expect(try file.floats(["a/b", "scalar", "empty"]) == [[0, 1, 2, 3, 4, 5], [2.5], []])
    #expect(try file.floats([]).isEmpty)
  }

  @Test func whatCannotBeReadIsNamed() throws {
    let file = try HDF5File(contentsOf: fixture("plain.h5"))
    #expect(message { _ = try file.floats("a/c") }.hasSuffix("plain.h5, dataset “a/c”: there is none of this name"))
    #expect(message { _ = try file.floats("outside") }.contains("the elements of the dataset “outside” lie in another file"))
    let integers = try HDF5File(contentsOf: fixture("keras-integers.h5"))
    #expect(message { _ = try integers.floats(integers.datasets.keys.sorted()[0]) }.contains("are no 16-, 32- or 64-bit floats"))
  }

  @Test func whatIsNoHDF5FileIsSaidWithTheRemedy() throws {
    let folder = try TemporaryFolder()
    func refusal(of bytes: [UInt8]) throws -> String {
      let file = try folder.write(bytes, "file.h5")
      return message { _ = try HDF5File(contentsOf: file) }
    }
    #expect(try refusal(of: []).hasSuffix("file.h5, byte 0: the file is empty; get it again"))
    #expect(try refusal(of: Array("PK\u{3}\u{4}…………".utf8)).contains("take the model.weights.h5 out of it"))
    #expect(try refusal(of: Array("<!doctype html>".utf8)).contains("it is a text, as a download that failed leaves"))
    #expect(try refusal(of: [UInt8](repeating: 7, count: 2000)).contains("this is no HDF5 file"))
    #expect(message { _ = try HDF5File(contentsOf: folder("nowhere.h5")) }.hasSuffix("there is no such file"))
  }

  @Test func aFileCutShortIsAnError() throws {
    let folder = try TemporaryFolder()
    let whole = try InputFile.contents(of: fixture("keras-old.h5"))
    for count in stride(from: 8, to: whole.count, by: 1500) {
      let file = try folder.write(Array(whole.prefix(count)), "file.h5")
      let message = message { _ = try HDF5File(contentsOf: file) }
      #expect(message.contains("file.h5, the file: it is damaged or was cut short") && message.contains("get it again"), "\(count)")
    }
  }

  /// libhdf5 1.10.8 ends with a segmentation fault at the first, and never ends at the second.
  @Test(arguments: ["crash.h5", "endless.h5"])
  func aFileThatEndsLibhdf5EndsNothingElse(name: String) throws {
    let error = #expect(throws: InterchangeError.self) { try HDF5File(contentsOf: fixture(name)) }
    #expect("\(error!)".contains("\(name), the file: ") && "\(error!)".contains("get it again"), "\(error!)")
    #expect(try HDF5File(contentsOf: fixture("plain.h5")).floats("scalar") == [2.5])
  }

  @Test func filesAreReadAtTheSameTime() async throws {
    try await withThrowingTaskGroup(of: [Float].self) { group in
      for _ in 0..<16 { group.addTask { try HDF5File(contentsOf: fixture("plain.h5")).floats("a/b") } }
      for try await values in group { #expect(values == [0, 1, 2, 3, 4, 5]) }
    }
  }
}
