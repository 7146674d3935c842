import Backends
import Layers
import Tensors

/// What the techniques of an ``AdversarialObjective`` remember from step to step. All of it is statistics of the model, so
/// checkpoints hold it and a resumed run goes on with it.
public final class AdversarialMemory<Generator: Module>: Module {
  /// What samples are drawn from, if the objective has a moving average.
  public let average: MovingAverage<Generator>?
  let discriminatorHistory: HistoricalAverage?
  let generatorHistory: HistoricalAverage?
  /// Of the discriminator on the last batch, if that decides whether it learns.
  let accuracy: Parameter?

  /// - Parameter copy: Makes a generator like `generator`, in a context whose numbers do not matter.
  public init(
    _ objective: AdversarialObjective, generator: Generator, discriminator: Module, copy: (LayerContext) -> Generator
  ) {
    let device = generator.parameters[0].value.device
    func copied() -> Generator { copy(LayerContext(device: device, generator: RandomGenerator(seed: 0))) }
    let decay = objective.movingAverage, averages = objective.historicalAveraging > 0
    average = decay > 0 ? MovingAverage(of: generator, in: copied(), decay: decay) : nil
    discriminatorHistory = averages ? HistoricalAverage(of: discriminator.trainableParameters) : nil
    generatorHistory = averages ? HistoricalAverage(of: generator.trainableParameters) : nil
    accuracy = objective.accuracyGate < 1 ? Parameter(.zeros([1], on: device), kind: .statistic) : nil
  }
}
