import Files
import Foundation
import Models
import Testing

@Suite struct ConfigurationTests {
  private func decode(_ text: String) throws -> VariationalAutoencoder.Configuration {
    try .decode(Array(text.utf8), source: "vae.json")
  }

  @Test func aFileNamesOnlyWhatDiffers() throws {
    let configuration = try decode(#"{"latentSize": 10, "sampler": "original"}"#)
    #expect(configuration.latentSize == 10)
    #expect(configuration.sampler == .original)
    #expect(configuration.klWeight == 5e-4)
  }

  @Test func ofAnObjectWithinItToo() throws {
    let text = Array(#"{"objective": {"r1": 10, "realLabels": [0.9, 1]}}"#.utf8)
    var expected = AdversarialObjective()
    (expected.r1, expected.realLabels) = (10, [0.9, 1])
    #expect(try DenseGAN.Configuration.decode(text, source: "gan.json").objective == expected)
    let error = #expect(throws: JSONError.self) {
      try DenseGAN.Configuration.decode(Array(#"{"objective": {"r2": 10}}"#.utf8), source: "gan.json")
    }
    #expect(error?.description.contains("gan.json, line 1, field “objective.r2”") == true, "\(error?.description ?? "no error")")
  }

  @Test(arguments: [
    (#"{"latentsize": 3}"#, "did you mean “latentSize”"),
    (#"{"latentSize": "three"}"#, "latentSize"),
    (#"{"latentSize": 0}"#, "not positive"),
    (#"{"klWeight": -1}"#, "klWeight"),
    (#"{"sampler": "wrong"}"#, "sampler"),
    (#"{"imageShape": [27, 28, 1]}"#, "even"),
    (#"{"latentSize": 4611686018427387904}"#, "more than 1048576"),
    (#"{"latentSize": 9223372036854775808}"#, "latentSize"),
    (#"{"latentSize": 2, "latentSize": 3}"#, "latentSize"),
    (#"{"imageShape": [4611686018427387904, 2, 1]}"#, "imageShape"),
    (#"{"imageShape": [65536, 65536, 2]}"#, "larger than"),
    ("{\n  \"klWeight\": 1e-3,\n  \"latentSize\": 0\n}", "vae.json, line 3, field “latentSize”"),
    ("[1]", "not an object"),
    ("{", "vae.json, line 1"),
  ])
  func mistakesAreNamed(text: String, part: String) {
    let error = #expect(throws: JSONError.self) { try decode(text) }
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "no error")")
  }

  @Test func aDecoderThatMakesOtherImagesIsRefused() {
    var configuration = ConvolutionalAutoencoder.Configuration()
    configuration.decoderStrides = [1, 2, 1, 1]
    #expect(throws: ConfigurationError.self) { try configuration.validate() }
    configuration.decoderStrides = [1, 2, 2]
    #expect(throws: ConfigurationError.self) { try configuration.validate() }
  }

  /// Whatever a file says, the answer is an error, at once.
  @Test func extentsThatNoMachineHasAreRefused() throws {
    func problem<Model: GenerativeModel>(_ type: Model.Type, _ text: String) -> String? {
      do {
        try Model.requireMemory(for: .decode(Array(text.utf8), source: "file"))
        return nil
      } catch { return "\(error)" }
    }
    let huge = 1 << 62
    #expect(problem(VariationalAutoencoder.self, #"{"latentSize": 1048576}"#)?.contains("GiB") == true)
    for text in [
      #"{"encoderKernels": [\#(huge), 3, 3, 3]}"#, #"{"encoderFilters": [\#(huge), 3, 3, 3]}"#,
      #"{"decoderStrides": [\#(huge), \#(huge), 1, 1]}"#, #"{"encoderFilters": [1048576, 1048576, 1048576, 1048576]}"#,
      #"{"decoderStrides": [1024, 1024, 1024, 1024]}"#, #"{"dropoutRate": 1e400}"#,
    ] { #expect(problem(ConvolutionalAutoencoder.self, text) != nil, "\(text)") }
    for text in [
      #"{"generatorUnits": [\#(huge)]}"#, #"{"discriminatorUnits": [1048576, 1048576]}"#, #"{"latentSize": \#(huge)}"#,
    ] { #expect(problem(DenseGAN.self, text) != nil, "\(text)") }
    #expect(problem(SRGAN.self, #"{"residualBlocks": 100000}"#) != nil)
    #expect(problem(AgeConditionalGAN.self, #"{"classes": \#(huge)}"#) != nil)
    #expect(problem(VoxelGAN.self, #"{"filters": [\#(huge)]}"#) != nil)
    #expect(problem(DCGAN.self, #"{"imageShape": [65536, 8192, 3]}"#) != nil)
    #expect(problem(DenseGAN.self, "{}") == nil && problem(DCGAN.self, "{}") == nil)
  }

  @Test func unknownModelsGetASuggestion() {
    let error = #expect(throws: UnknownModelError.self) { try ModelCatalog.type(named: "vea") }
    #expect(error?.description.contains("“vae”") == true)
  }
}
