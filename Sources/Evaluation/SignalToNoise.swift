import Foundation
import Pictures

/// The peak signal-to-noise ratio of two pictures of one size, in decibels: `10 · log₁₀(255² / mean squared difference)`; infinite for
/// equal ones.
///
/// - Parameters:
///   - channels: The mean is over all of them.
///   - border: The pixels at every edge that are left out; in super-resolution as many as its factor.
public func peakSignalToNoiseRatio(
  _ first: Picture, _ second: Picture, on channels: ComparedChannels = .rgb, border: Int = 0
) -> Double {
  let (first, second) = comparedPlanes(first, second, channels, border: border)
  var sum = 0.0
  for (a, b) in zip(first.planes, second.planes) {
    for index in a.indices {
      let difference = a[index] - b[index]
      sum += difference * difference
    }
  }
  return 10 * log10(255 * 255 / (sum / Double(first.planes.count * first.width * first.height)))
}
