import Figment
import Foundation

/// A layer: multiplies every channel by a learnt number.
final class Scale: Layer {
  let scale: Parameter

  init(in context: LayerContext) { scale = Parameter(Initializer.ones.tensor([1], in: context)) }

  override func forward(_ input: Tensor) -> Tensor { input * scale.value }
}

/// An optimizer with a rule of its own, and a memory: descends by the sign of the mean gradient.
final class SignDescent: Optimizer {
  override var slotCount: Int { 1 }

  override func apply(_ gradients: [Tensor], to parameters: [Parameter], slots: inout [[Tensor]]) {
    for (place, parameter) in parameters.enumerated() {
      slots[0][place] = 0.9 * slots[0][place] + 0.1 * gradients[place]
      parameter.value = parameter.value - learningRate * slots[0][place].sign()
    }
  }
}

/// A data set: points on the unit circle.
struct RingData: Dataset {
  let count: Int
  let fields = [Field("point", shape: [2])]
  var fingerprint: String { "ring of \(count)" }

  func sample(_ index: Int, _ draw: inout RandomWords) -> [HostArray] {
    let angle = 2 * Float.pi * Float(index) / Float(count)
    return [HostArray([cos(angle), sin(angle)], shape: [2])]
  }
}

/// A callback that is part of checkpoints: the losses of all epochs.
final class Curve: Callback, Stateful {
  private(set) var losses: [Double] = []
  let stateName = "curve"

  override func recorded(_ trainer: Trainer, _ record: TrainingRecord) {
    losses += record.training.filter { $0.name == "loss" }.map(\.value)
  }

  func checkpointState() throws -> State { try State(encoding: losses) }

  func restoring(_ state: SavedState) throws -> () -> Void {
    let saved: [Double] = try state.decode()
    return { self.losses = saved }
  }
}
