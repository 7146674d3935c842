import CPUBackend
import Files
import Foundation
import Interchange
import Layers
import Tensors
import TestSupport
import Testing

@testable import Backbones

/// Files and numbers of `Tests/Fixtures/pretrained.py`.
@Suite struct DlibFaceTests {
  private static let narrow = DlibFaceNetwork.Architecture(
    stemFilters: 4, levels: [(4, 2, false), (6, 2, true), (8, 1, true), (9, 2, true), (9, 1, true)], embeddingSize: 5)
  private let device = Device(CPUBackend())
  private let cases = Dictionary(uniqueKeysWithValues: fixture("pretrained").map { ($0.name, $0) })

  /// Patches of 30×30 pixels of one color, with noise.
  private func pictures(_ count: Int, on device: Device) -> Tensor {
    draw((79, 0), [count, 5, 5, 3], on: device).upsampled(factors: [30, 30]) * 230
      + draw((79, 1), [count, 150, 150, 3], on: device) * 25
  }

  @Test(arguments: TestDevices.withReference)
  func aSmallNetworkEqualsAPlainReadingOfItsFile(device: TestDevice) throws {
    let device = try device.device()
    let network = try DlibFaceNetwork(weights: fixtureURL("dlib-narrow.dat"), Self.narrow, on: device)
    let images = pictures(3, on: device)
    try expectClose(
      network(network.preprocessed(images)), cases["dlib-narrow"]!["embeddings"], tolerance: 1e-4, "embeddings on \(device)")
    let unit = (images / 255).tracked()
    let embeddings = network(network.preprocessed(unit, from: 0...1))
    try expectClose(embeddings, cases["dlib-narrow"]!["embeddings"], tolerance: 1e-4, "embeddings of 0...1")
    #expect(try gradients(of: embeddings.sum(), withRespectTo: [unit])[0].scalars().contains { $0 != 0 })
  }

  /// Where `make weights` was run.
  @Test(.enabled(if: (try? PretrainedWeights.dlibFaces.locate()) != nil))
  func tenPicturesEqualAPlainReadingOfDlibsFile() throws {
    let network = try DlibFaceNetwork(weights: PretrainedWeights.dlibFaces.locate(), on: device)
    try expectClose(
      network(network.preprocessed(pictures(10, on: device))), cases["dlib"]!["embeddings"], tolerance: 1e-4, "embeddings")
  }

  /// Where `make weights` was run: the layers by the names that the package's file has inside of groups.
  @Test(.enabled(if: (try? PretrainedWeights.vgg16.locate()) != nil))
  func theTrunkThatAPackageShipsEqualsKeras() throws {
    let vgg = try VGG(.vgg16, weights: PretrainedWeights.vgg16.locate(), on: device)
    let images = pictures(2, on: device).sliced(from: [0, 40, 40, 0], size: [2, 32, 32, 3])
    let features = vgg.features(of: VGG.preprocessed(images), at: ["block3_conv3", "block5_pool"])
    for (name, features) in zip(["block3_conv3", "block5_pool"], features) {
      expectClose(try features.chosen(), cases["hed"]![name].scalars, tolerance: 1e-4, name)
    }
  }

  private func message(_ bytes: [UInt8]) throws -> String {
    let folder = try TemporaryFolder()
    let file = try folder.write(bytes, "faces.dat")
    do {
      _ = try DlibFaceNetwork(weights: file, Self.narrow, on: device)
      return "no error"
    } catch { return "\(error)" }
  }

  @Test func aFileThatIsCutShortChangedOrAnothersIsAnError() throws {
    let whole = try InputFile.contents(of: fixtureURL("dlib-narrow.dat"))
    for count in stride(from: 0, to: whole.count, by: 997) {
      let message = try message(Array(whole.prefix(count)))
      #expect(message.contains("faces.dat, byte ") && message.contains("it was cut short: get it again"), "\(count): \(message)")
    }
    #expect(try message(whole + [0]).contains("something follows the network"))
    func replacing(_ old: String, _ new: String) -> [UInt8] {
      let bytes = Array(old.utf8)
      let place = whole.indices.first { whole[$0...].starts(with: bytes) }!
      return whole[..<place] + Array(new.utf8) + whole[(place + bytes.count)...]
    }
    #expect(
      try message(replacing("con_4", "con_6")).contains(
        "the kind of layer is “con_6”, “con_4” is expected; give dlib_face_recognition"))
    #expect(try message(replacing("loss_metric_2", "loss_binary_l")).contains("the kind of loss is “loss_binary_l”"))
    let published = #expect(throws: InterchangeError.self) {
      try DlibFaceNetwork(weights: fixtureURL("dlib-narrow.dat"), on: device)
    }
    #expect("\(published!)".contains("the version of a layer is 1, 2 is expected"), "\(published!)")
    #expect(
      try message(InputFile.contents(of: kerasFile("keras-old.h5"))).contains("byte 0: the version of the network is expected here")
    )
  }
}
