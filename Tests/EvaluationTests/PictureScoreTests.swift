import Evaluation
import Pictures
import TestSupport
import Testing

/// Scores of pictures against scikit-image, and against the definitions of BasicSR, which `Tests/Fixtures/scores.py` finds equal.
@Suite struct PictureScoreTests {
  private func picture(_ values: FixtureCase.Values) -> Picture {
    Picture(width: values.shape[1], height: values.shape[0], channels: 3, pixels: values.scalars.map { UInt8($0) })
  }

  @Test(arguments: fixture("scores"))
  func scoresEqualScikitImages(expected: FixtureCase) {
    let first = picture(expected["first"]), second = picture(expected["second"])
    let border = expected.integer("border"), wanted = expected.numbers("scores")
    let found = [ComparedChannels.rgb, .luminance].flatMap { channels in
      [
        peakSignalToNoiseRatio(first, second, on: channels, border: border),
        structuralSimilarity(first, second, on: channels, border: border),
      ]
    }
    for (found, wanted) in zip(found, wanted) { #expect(abs(found - Double(wanted)) < 1e-5, "\(found), wanted \(wanted)") }
  }

  @Test func equalPicturesHaveTheBestScores() {
    let picture = Picture(width: 12, height: 13, channels: 1, pixels: (0..<156).map { UInt8($0) })
    #expect(peakSignalToNoiseRatio(picture, picture) == .infinity)
    #expect(abs(structuralSimilarity(picture, picture, on: .luminance) - 1) < 1e-12)
    let brighter = Picture(width: 12, height: 13, channels: 1, pixels: picture.pixels.map { $0 + 1 })
    #expect(abs(peakSignalToNoiseRatio(picture, brighter) - 48.1308) < 1e-4)
  }
}
