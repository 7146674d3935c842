import Files
import Testing

@Suite struct NearestNameTests {
  static let names = ["autoencoder", "vae", "gan", "dcgan", "fashion-mnist", "mnist"]

  @Test(arguments: [
    ("vea", "vae"), ("VAE", "vae"), ("ganx", "gan"), ("dcgna", "dcgan"), ("fashon-mnist", "fashion-mnist"),
    ("fashion", "fashion-mnist"), ("autoencodr", "autoencoder"), ("auto", "autoencoder"), ("mnits", "mnist"),
  ])
  func findsWhatWasMeant(mistyped: String, meant: String) {
    #expect(nearestName(to: mistyped, in: Self.names) == meant)
  }

  @Test(arguments: ["", "x", "cifar", "au", "transformer"])
  func staysSilentWhenNothingIsNear(mistyped: String) {
    #expect(nearestName(to: mistyped, in: Self.names) == nil)
  }

  /// A name from a file can have megabytes, and a file hundreds of thousands of names.
  @Test func longAndManyNamesTakeNoTime() {
    let start = ContinuousClock.now
    let long = String(repeating: "vae", count: 1_000_000)
    #expect(nearestName(to: long, in: Self.names) == nil)
    #expect(nearestName(to: "vea", in: [long, "vae"]) == "vae")
    #expect(nearestName(to: long, in: [long + "x"]) == nil)
    let many = (0..<20_000).map { "encoder.layers.\($0).convolution.weight.first" }
    #expect(nearestName(to: "decoder.biases.17.something.else.altogether.7", in: many) == nil)
    #expect(ContinuousClock.now - start < .seconds(5))
  }
}

@Suite struct QuotedForMessageTests {
  @Test func shortTextsAreShownWhole() {
    #expect("batchSize é 😀".quotedForMessage == "“batchSize é 😀”")
    #expect("".quotedForMessage == "“”")
  }

  @Test func longTextsShowTheirEnds() {
    let text = "start" + String(repeating: "x", count: 100_000) + "end"
    #expect(
      text.quotedForMessage == "“start" + String(repeating: "x", count: 39) + "…" + String(repeating: "x", count: 12) + "end”")
    #expect(String(repeating: "e\u{301}", count: 100_000).quotedForMessage.unicodeScalars.count == 62)
  }

  @Test func whatMovesATerminalIsSpelledOut() {
    #expect("a\nb\u{1B}[2J\u{202E}".quotedForMessage == #"“a\nb\u{1B}[2J\u{202E}”"#)
  }
}
