import Backends
import Models
import Pictures
import ReferenceBackend
import Tensors
import TestSupport
import Testing

/// Tensors as pictures.
@Suite struct PictureTests {
  @Test(arguments: TestDevices.withReference) func anImageIsAPictureOfItsSize(device: TestDevice) throws {
    let device = try device.device()
    let image = Tensor([0, 0.5, 1, 2, -1, 0.2], shape: [2, 3, 1], on: device)
    let picture = try Picture(image)
    #expect(picture == Picture(width: 3, height: 2, channels: 1, pixels: [0, 128, 255, 255, 0, 51]))
    let colored = try Picture(Tensor([-1, 0, 1], shape: [1, 1, 3], on: device), range: -1...1)
    #expect(colored == Picture(width: 1, height: 1, channels: 3, pixels: [0, 128, 255]))
  }

  @Test func aBatchIsAGrid() throws {
    let device = try TestDevice.reference.device()
    let batch = Tensor([0, 1, 0.2, 0.4, 0.6], shape: [5, 1, 1, 1], on: device)
    #expect(
      try Picture(batch, columns: 2, scale: 2, padding: 1)
        == .grid([0, 1, 0.2, 0.4, 0.6], shape: [5, 1, 1, 1], columns: 2, scale: 2, padding: 1))
    #expect(try Picture(batch).width == 3 * (1 + 2) + 2, "as near to a square as it comes")
  }

  @Test func whatIsNoImageIsRefusedWithItsShape() async {
    let rank = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Picture(.zeros([3, 4], on: Device(ReferenceBackend())))
    }
    expect(rank, says: "Picture", "[3, 4]", "[height, width, channels]")
    let empty = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Picture(.zeros([0, 4, 4, 1], on: Device(ReferenceBackend())))
    }
    expect(empty, says: "Picture", "[0, 4, 4, 1]")
  }

  /// Axes name the latents: the standard normal's quantiles for a prior that is one, moved for one that is not.
  @Test func aManifoldHasAxes() throws {
    let device = try TestDevice.reference.device()
    func picture(latents: Int) throws -> Picture {
      try VariationalAutoencoder(.init(imageShape: [8, 8, 1], latentSize: latents), on: device, seed: 1).manifold(side: 3)
    }
    let plane = try picture(latents: 2), line = try picture(latents: 1)
    // 3×3 images of 8×8, enlarged eight times, with room for numbers and names.
    #expect(plane.channels == 3 && plane.width > 3 * 64 + 40 && plane.height > 3 * 64 + 40)
    #expect(line.height < 64 + 80 && line.width < plane.width, "one latent is a row")
  }

  @Test func aGridThatIsTooLargeIsAnError() throws {
    let device = try TestDevice.reference.device()
    let model = VariationalAutoencoder(.init(imageShape: [8, 8, 1]), on: device, seed: 1)
    let error = #expect(throws: PictureError.self) { try model.manifold(side: 20, scale: 200) }
    #expect(error?.description.contains("32000×32000 pixels") == true, "\(error!)")
  }
}
