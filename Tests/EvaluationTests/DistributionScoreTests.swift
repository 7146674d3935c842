import Evaluation
import TestSupport
import Testing

/// Distances of features and scores of classes against NumPy and SciPy.
@Suite struct DistributionScoreTests {
  private static let cases = fixture("distributions")

  private func expectNear(_ found: Double, _ wanted: Float, _ what: String) {
    #expect(abs(found - Double(wanted)) <= 1e-5 * abs(Double(wanted)), "\(what): \(found), wanted \(wanted)")
  }

  @Test(arguments: cases.filter { $0.name != "histograms" })
  func distancesOfFeatures(expected: FixtureCase) {
    let (first, second) = (expected["first"], expected["second"]), wanted = expected.numbers("scores")
    let size = first.shape[1], count = first.shape[0]
    var statistics = [FeatureStatistics(featureCount: size), FeatureStatistics(featureCount: size)]
    // A batch after the other.
    statistics[0].add(Array(first.scalars.prefix(7 * size)))
    statistics[0].add(Array(first.scalars.dropFirst(7 * size)))
    statistics[1].add(second.scalars)
    #expect(statistics[0].count == count)
    expectNear(frechetDistance(statistics[0], statistics[1]), wanted[0], "Fréchet distance")
    expectNear(frechetDistance(statistics[1], statistics[0]), wanted[0], "Fréchet distance, turned around")
    #expect(abs(frechetDistance(statistics[0], statistics[0])) < 1e-6 * Double(wanted[0]))

    var generator = TestRandom(seed: 1)
    let kernel = kernelDistance(
      first.scalars, second.scalars, featureCount: size, subsets: 2, subsetSize: count, using: &generator)
    expectNear(kernel.mean, wanted[1], "kernel distance")
    #expect(kernel.deviation < 1e-6 * kernel.mean)
    let score = inceptionScore(logits: first.scalars, classes: size)
    expectNear(score.mean, wanted[2], "Inception score")
    expectNear(score.deviation, wanted[3], "its deviation")
  }

  @Test func divergencesOfHistograms() throws {
    let expected = try #require(Self.cases.first { $0.name == "histograms" }), wanted = expected.numbers("scores")
    let (p, q) = (expected["first"].scalars.map(Double.init), expected["second"].scalars.map(Double.init))
    expectNear(kullbackLeiblerDivergence(p, q), wanted[0], "Kullback–Leibler")
    expectNear(jensenShannonDivergence(p, q), wanted[1], "Jensen–Shannon")
    expectNear(jensenShannonDivergence(q, p), wanted[2], "Jensen–Shannon, turned around")
    #expect(kullbackLeiblerDivergence(q, p) == .infinity)
    #expect(kullbackLeiblerDivergence(p, p) == 0)
  }
}
