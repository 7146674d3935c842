import Foundation
import Models
import Testing

@Suite struct ConfigurationTests {
  private func decode(_ text: String) throws -> VariationalAutoencoder.Configuration {
    try .decode(Data(text.utf8), source: "vae.json")
  }

  @Test func aFileNamesOnlyWhatDiffers() throws {
    let configuration = try decode(#"{"latentSize": 10, "sampler": "original"}"#)
    #expect(configuration.latentSize == 10)
    #expect(configuration.sampler == .original)
    #expect(configuration.klWeight == 5e-4)
  }

  @Test(arguments: [
    (#"{"latentsize": 3}"#, "did you mean “latentSize”"),
    (#"{"latentSize": "three"}"#, "latentSize"),
    (#"{"latentSize": 0}"#, "not positive"),
    (#"{"klWeight": -1}"#, "klWeight"),
    (#"{"sampler": "wrong"}"#, "sampler"),
    (#"{"imageShape": [27, 28, 1]}"#, "even"),
    ("[1]", "not a JSON object"),
    ("{", "not a JSON object"),
  ])
  func mistakesAreNamed(text: String, part: String) {
    let error = #expect(throws: ConfigurationError.self) { try decode(text) }
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "no error")")
  }

  @Test func aDecoderThatMakesOtherImagesIsRefused() {
    var configuration = ConvolutionalAutoencoder.Configuration()
    configuration.decoderStrides = [1, 2, 1, 1]
    #expect(throws: ConfigurationError.self) { try configuration.validate() }
    configuration.decoderStrides = [1, 2, 2]
    #expect(throws: ConfigurationError.self) { try configuration.validate() }
  }

  @Test func unknownModelsGetASuggestion() {
    let error = #expect(throws: UnknownModelError.self) { try ModelCatalog.type(named: "vea") }
    #expect(error?.description.contains("“vae”") == true)
  }
}
