import Backends
import Layers
import ReferenceBackend
import Tensors
import TestSupport
import Testing

/// Five steps of every optimizer against Keras, and what an optimizer refuses.
@Suite struct OptimizerTests {
  private static let cases = fixture("optimizers")

  private static func optimizer(_ expected: FixtureCase) -> Optimizer {
    let rate = expected.number("learningRate")
    switch expected.text("rule") {
    case "sgd":
      return SGD(learningRate: rate, momentum: expected.number("momentum"), nesterov: expected.flag("nesterov"))
    case "rmsProp":
      return RMSProp(learningRate: rate, rho: expected.number("rho"), epsilon: expected.number("epsilon"))
    default:
      return Adam(
        learningRate: rate, beta1: expected.number("beta1"), beta2: expected.number("beta2"),
        epsilon: expected.number("epsilon"),
        weightDecay: expected.has("weightDecay") ? expected.number("weightDecay") : 0)
    }
  }

  @Test(arguments: TestDevices.withReference, cases)
  func fiveSteps(device: TestDevice, expected: FixtureCase) throws {
    let device = try device.device()
    let optimizer = Self.optimizer(expected)
    let parameters = (0..<2).map { Parameter(expected.tensor("parameter\($0)", on: device)) }
    for step in 0..<5 {
      let rows = (0..<2).map { expected.tensor("gradient\($0)", on: device).sliced(step..<step + 1) }
      optimizer.update(parameters, gradients: zip(parameters, rows).map { $1.reshaped(to: $0.shape) })
      #expect(optimizer.iterations == step + 1)
      for (p, parameter) in parameters.enumerated() {
        let all = expected["values\(p)"].scalars, count = parameter.shape.count
        let values = Array(all[step * count..<(step + 1) * count])
        let start = expected["parameter\(p)"].scalars
        expectClose(try parameter.value.scalars(), values, tolerance: 1e-6, "parameter \(p) after step \(step + 1)")
        // The values hardly move in five steps, so the movement itself is compared too: to what rounding of
        // the values leaves of it.
        expectClose(
          zip(try parameter.value.scalars(), start).map(-), zip(values, start).map(-), tolerance: 3e-3,
          "movement of parameter \(p) by step \(step + 1)")
      }
    }
    let slots = ["velocity", "meanSquare", "firstMoment", "secondMoment"].filter { expected.tensors["\($0)0"] != nil }
    #expect(optimizer.slots.count == slots.count)
    for (name, slot) in zip(slots, optimizer.slots) {
      for p in 0..<2 {
        // 1 − β₂ of a float32 β₂ of 0.999 is 1.3e-5 off; the bias correction is off by as much and undoes it.
        try expectClose(slot[p], expected["\(name)\(p)"], tolerance: 2e-5, "\(name) of parameter \(p)")
      }
    }
  }

  @Test(arguments: TestDevices.withReference)
  func parametersAreWrittenInPlaceUnlessSomebodyElseHoldsThem(device: TestDevice) throws {
    let device = try device.device()
    let optimizer = Adam(), shared = Parameter(.ones([3], on: device)), own = Parameter(.ones([40], on: device))
    func step() {
      optimizer.update([shared, own], gradients: [.ones([3], on: device), .ones([40], on: device)])
    }
    step()
    let held = shared.value, slots = optimizer.slots, values = try held.scalars()
    let places = [shared, own].map { ObjectIdentifier($0.value.storage) }
    let memory = try slots.map { try $0.map { try $0.scalars() } }
    step()
    #expect(try held.scalars() == values && shared.value.scalars() != values)
    #expect(try slots.map { try $0.map { try $0.scalars() } } == memory)
    #expect(ObjectIdentifier(shared.value.storage) != places[0])
    #expect(ObjectIdentifier(own.value.storage) == places[1])
  }

  @Test func updatedParametersStayVariables() throws {
    let device = Device(ReferenceBackend())
    let parameter = Parameter(.ones([2], on: device))
    let optimizer = SGD(learningRate: 0.5)
    for _ in 0..<2 {
      let loss = parameter.value.squared().sum()
      optimizer.update([parameter], gradients: gradients(of: loss, withRespectTo: [parameter.value]))
    }
    #expect(try parameter.value.scalars() == [0, 0])
    #expect(parameter.value.isTracked)
  }

  @Test func learningRateMayChangeBetweenSteps() throws {
    let device = Device(ReferenceBackend())
    let parameter = Parameter(.zeros([1], on: device))
    let optimizer = SGD(learningRate: 1)
    optimizer.update([parameter], gradients: [.ones([1], on: device)])
    optimizer.learningRate = 0.25
    optimizer.update([parameter], gradients: [.ones([1], on: device)])
    #expect(try parameter.value.scalar() == -1.25)
  }

  @Test func mistakes() async {
    let rate = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Adam(learningRate: .nan)
    }
    expect(rate, says: "learning rate nan")
    let order = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let device = Device(ReferenceBackend())
      let parameters = [Parameter(.zeros([2], on: device)), Parameter(.zeros([2], on: device))]
      let optimizer = Adam()
      let gradients = [Tensor.ones([2], on: device), .ones([2], on: device)]
      optimizer.update(parameters, gradients: gradients)
      optimizer.update(parameters.reversed(), gradients: gradients)
    }
    expect(order, says: "same order")
    let shape = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let device = Device(ReferenceBackend())
      Adam().update([Parameter(.zeros([2], on: device))], gradients: [.ones([3], on: device)])
    }
    expect(shape, says: "do not fit")
  }
}
