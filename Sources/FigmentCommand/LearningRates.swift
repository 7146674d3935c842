import ArgumentParser

/// `--learning-rate 1e-3` for all learners, or `generator=2.5e-3,discriminator=1e-5`.
struct LearningRates: ExpressibleByArgument {
  /// Of every learner that is not named.
  var all: Float?
  var named: [String: Float] = [:]

  init?(argument: String) {
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let rate = pair.last.flatMap({ Float($0) }) else { return nil }
      if pair.count == 1 {
        guard all == nil else { return nil }
        all = rate
      } else {
        guard !pair[0].isEmpty, named.updateValue(rate, forKey: String(pair[0])) == nil else { return nil }
      }
    }
  }

  var values: [Float] { [all].compactMap { $0 } + named.values }
}
