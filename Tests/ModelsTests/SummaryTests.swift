import Layers
import Models
import Testing

@Suite struct SummaryTests {
  @Test func variationalAutoencoderHasThePublishedParameters() {
    let summary = VariationalAutoencoder.summary(.init())
    #expect(summary.total == 550_629)
    #expect(summary.trainable == 550_629)
    #expect(summary.description.contains("550,629"))
    let sampling = summary.rows.first { $0.type == "Sampling" }
    #expect(sampling?.connectedTo == ["encoder.mean", "encoder.logVariance"], "as Keras shows it")
    #expect(summary.rows.first { $0.name == "decoder.layers.0" }?.connectedTo == ["sampling"])
  }

  @Test func autoencoderHasThePublishedEncoder() {
    let summary = ConvolutionalAutoencoder.summary(.init())
    let encoder = summary.rows.filter { $0.name.hasPrefix("encoder.") }
    #expect(encoder.map(\.parameters) == [320, 18_496, 36_928, 36_928, 0, 6_274])
    #expect(encoder.map(\.parameters).reduce(0, +) == 98_946)
    #expect(
      encoder.map(\.outputShape) == [[28, 28, 32], [14, 14, 64], [7, 7, 64], [7, 7, 64], [3136], [2]])
  }

  @Test func rowsSayWhatTheyAreConnectedTo() {
    let rows = VariationalAutoencoder.summary(.init()).rows
    let heads = rows.filter { $0.name == "encoder.mean" || $0.name == "encoder.logVariance" }
    #expect(heads.map(\.connectedTo) == [["encoder.trunk.layers.5"], ["encoder.trunk.layers.5"]])
    #expect(rows.first?.connectedTo == ["input"])
  }

  @Test func batchNormAndDropoutAppearWhenAskedFor() {
    var configuration = ConvolutionalAutoencoder.Configuration()
    configuration.useBatchNorm = true
    configuration.useDropout = true
    let types = ConvolutionalAutoencoder.summary(configuration).rows.map(\.type)
    #expect(types.filter { $0.hasPrefix("BatchNorm") }.count == 7)
    #expect(types.filter { $0.hasPrefix("Dropout") }.count == 7)
  }
}
