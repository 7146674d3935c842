import Training

/// Asks for a stop after a number of the stage's steps, as Ctrl-C would.
final class InterruptAfter: Callback {
  private let steps: Int

  init(_ steps: Int) { self.steps = steps }

  override func stepEnded(_ trainer: Trainer) {
    if trainer.progress.step == steps { trainer.interruption.request() }
  }
}
