import Tensors

/// A network whose parameters follow those of another: the exponential moving average that a generator is sampled from.
/// Its values are statistics, so that checkpoints hold them and no optimizer changes them.
public final class MovingAverage<Network: Module>: Module {
  /// Of the same kind as the followed one.
  public let network: Network
  /// The weight of the old value at each update, in (0, 1).
  public let decay: Float

  /// - Parameters:
  ///   - followed: Whose values the average starts from.
  ///   - network: Of the same structure; it belongs to the average from now on.
  public init(of followed: Network, in network: Network, decay: Float) {
    (self.network, self.decay) = (network, decay)
    super.init()
    for parameter in network.parameters { parameter.becomeStatistic() }
    for (average, value) in pairs(followed) { average.value = value.value }
  }

  /// `average ← decay · average + (1 − decay) · value` for what is trained; other statistics are taken over as they are.
  public func follow(_ followed: Network) {
    let pairs = pairs(followed), trained = pairs.filter { $0.value.kind != .statistic }
    for (average, value) in pairs where value.kind == .statistic { average.value = value.value }
    trained.map(\.average).follow(trained.map(\.value.value), decay: decay, scale: 1 - decay)
  }

  private func pairs(_ followed: Network) -> [(average: Parameter, value: Parameter)] {
    zip(network.parameters, followed.parameters).map { (average: $0, value: $1) }
  }
}

/// The means of parameters over all steps so far, and what historical averaging adds to a loss: the squared distance to them
/// (Salimans et al., 2016).
public final class HistoricalAverage: Module {
  /// One for each parameter, in their order.
  public let means: [Parameter]
  /// Over how many steps, `[1]`.
  public let count: Parameter

  /// Of no step yet.
  public init(of parameters: [Parameter]) {
    means = parameters.map { Parameter(.zeros($0.shape, on: $0.value.device), kind: .statistic) }
    count = Parameter(.zeros([1], on: parameters[0].value.device), kind: .statistic)
  }

  /// Takes the present values into the means, then `Σ ‖value − mean‖²`, a scalar. The means count as constants.
  public func distance(of parameters: [Parameter]) -> Tensor {
    withoutGradient {
      count.value = count.value + 1
      let share = 1 / count.value
      for (mean, parameter) in zip(means, parameters) {
        mean.value = mean.value + (parameter.value - mean.value) * share.reshaped(to: [])
      }
    }
    return zip(means, parameters).map { ($1.value - $0.value).squared().sum() }.reduce(Tensor(0, on: count.value.device), +)
  }
}
