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
}
