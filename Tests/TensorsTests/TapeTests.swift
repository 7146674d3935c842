import Backends
import Foundation
import ReferenceBackend
import Tensors
import TestSupport
import Testing

/// What the tape promises, whatever the operations on it.
@Suite struct TapeTests {
  let device = Device(ReferenceBackend())

  private func variable(_ scalars: Float...) -> Tensor { Tensor(scalars, on: device).tracked() }

  @Test func contributionsOfEveryUseAddUp() throws {
    let x = variable(1, 2, 3)
    let found = gradients(of: (x * x + x + 2 * x).sum(), withRespectTo: [x])
    #expect(try found[0].scalars() == [5, 7, 9])
  }

  @Test func sharedValuesAreWalkedOnce() throws {
    // Walked once for every path, this would take 2⁴⁰ steps.
    let x = variable(1)
    var y = x
    for _ in 0..<40 { y = y + y }
    #expect(try gradients(of: y.sum(), withRespectTo: [x])[0].scalar() == 0x1p40)
  }

  @Test func longChainsNeedNoDeepStack() throws {
    let x = variable(1)
    var y = x
    for _ in 0..<100_000 { y = y + 1 }
    #expect(try gradients(of: y.sum(), withRespectTo: [x])[0].scalar() == 1)
  }

  @Test func longChainsCanBeDroppedUnused() throws {
    let x = variable(1)
    var y = x
    for _ in 0..<100_000 { y = y + 1 }
    #expect(try y.scalar() == 100_001)
  }

  @Test func severalInputsAndIntermediateValues() throws {
    let x = variable(2), unrelated = variable(1, 1)
    let y = x * x
    let z = y * y
    let found = gradients(of: z.sum(), withRespectTo: [x, y, z, unrelated, x])
    #expect(try found.map { try $0.scalars() } == [[32], [8], [1], [0, 0], [32]])
  }

  @Test func seedWeighsTheOutput() throws {
    let x = variable(1, 2)
    let found = gradients(of: x * x, withRespectTo: [x], seed: Tensor([10, 100], on: device))
    #expect(try found[0].scalars() == [20, 400])
  }

  @Test func withoutGradientRecordsNothing() throws {
    struct Failure: Error {}
    let x = variable(3)
    #expect(!withoutGradient { x * x }.isTracked)
    #expect((x * x).isTracked)
    #expect(throws: Failure.self) { try withoutGradient { throw Failure() } }
    #expect((x * x).isTracked, "recording goes on after an error")
    let nested = withoutGradient {
      withoutGradient { _ = x + x }
      return x * x
    }
    #expect(!nested.isTracked, "an inner block does not end the outer one")
  }

  @Test func tasksMadeWithoutGradientRecordNothing() async {
    let x = variable(3)
    let task = withoutGradient { Task { (x * x).isTracked } }
    #expect(await !task.value)
    async let child = withoutGradient { (x * x).isTracked }
    #expect(await !child)
  }

  /// As the documentation of `withoutGradient` says: it must be called inside of what they run.
  @Test func whatRunsOutsideOfTheTaskRecords() async {
    let x = variable(3)
    @Sendable func isRecorded() -> Bool { (x * x).isTracked }
    let detached = withoutGradient { Task.detached { isRecorded() } }
    #expect(await detached.value)
    #expect(await Task.detached { withoutGradient { isRecorded() } }.value == false)

    func onAThread(_ body: @escaping @Sendable () -> Bool) -> AsyncStream<Bool> {
      let (results, continuation) = AsyncStream.makeStream(of: Bool.self)
      Thread.detachNewThread { continuation.yield(body()) }
      return results
    }
    func onAQueue(_ body: @escaping @Sendable () -> Bool) -> AsyncStream<Bool> {
      let (results, continuation) = AsyncStream.makeStream(of: Bool.self)
      DispatchQueue.global().async { continuation.yield(body()) }
      return results
    }
    for start in [onAThread, onAQueue] {
      #expect(await withoutGradient { start(isRecorded) }.first { _ in true } == true)
      #expect(await start { withoutGradient { isRecorded() } }.first { _ in true } == false)
    }
  }

  @Test func detachedStopsGradients() throws {
    let x = variable(3)
    #expect(!x.detached().isTracked)
    #expect(try gradients(of: (x * x.detached()).sum(), withRespectTo: [x])[0].scalar() == 3)
  }

  @Test func trackedBeginsAnew() throws {
    let x = variable(3)
    let y = (x * x).tracked()
    let found = gradients(of: (y * y).sum(), withRespectTo: [x, y])
    #expect(try found.map { try $0.scalar() } == [0, 18])
  }

  @Test func constantsAreNotRecorded() {
    let constant = Tensor([1, 2], on: device)
    #expect(!(constant * constant + 1).isTracked)
  }

  @Test func gradientsAreConstantsUnlessAskedFor() {
    let x = variable(3)
    #expect(!gradients(of: (x * x).sum(), withRespectTo: [x])[0].isTracked)
    #expect(gradients(of: (x * x).sum(), withRespectTo: [x], createsGraph: true)[0].isTracked)
  }

  @Test func retainedGraphsCanBeUsedAgain() throws {
    let x = variable(3)
    let y = (x * x).sum()
    let first = gradients(of: y, withRespectTo: [x], retainsGraph: true)
    let second = gradients(of: y, withRespectTo: [x])
    #expect(try first[0].scalar() == 6)
    #expect(try second[0].scalar() == 6)
  }

  @Test func derivativesOfAnyOrder() throws {
    let x = variable(2)
    var y = (x * x * x * x).sum()
    var values = [Float]()
    for _ in 0..<5 {
      y = gradients(of: y, withRespectTo: [x], createsGraph: true)[0].sum()
      values.append(try y.scalar())
    }
    #expect(values == [32, 48, 48, 24, 0])
  }

  @Test func leavingParametersOutSkipsTheirWork() {
    let backend = ReferenceBackend()
    let device = Device(backend)
    let generator = RandomGenerator(seed: 1)
    let x = Tensor.randomNormal([4, 8], using: generator, on: device)
    let first = Tensor.randomNormal([8, 8], using: generator, on: device).tracked()
    let second = Tensor.randomNormal([8, 1], using: generator, on: device).tracked()
    func launches(_ inputs: [Tensor]) -> Int {
      let loss = x.dense(weight: first, activation: .tanh).dense(weight: second).sum()
      let before = backend.statistics.launches
      _ = gradients(of: loss, withRespectTo: inputs)
      return backend.statistics.launches - before
    }
    #expect(launches([second]) < launches([first, second]))
  }

  /// What is used in several places gets the sum; whoever else holds a part of it keeps that as it was.
  @Test(arguments: TestDevices.all) func contributionsAddUp(device: TestDevice) throws {
    let device = try device.device()
    func numbers(_ from: Float) -> Tensor { Tensor((0..<35).map { from + Float($0) }, shape: [5, 7], on: device) }
    let x = numbers(1).tracked(), y = numbers(-3).tracked(), factors = [numbers(2), numbers(0.5), numbers(-7)]
    let sum = factors.map { x * $0 }.reduce(y * factors[0], +)
    let found = gradients(of: sum.sum(), withRespectTo: [x, y])
    #expect(try found[0].scalars() == (0..<35).map { -4.5 + 3 * Float($0) })
    #expect(try found[1].scalars() == factors[0].scalars())
    let seed = numbers(4), twice = gradients(of: x + x, withRespectTo: [x], seed: seed)[0]
    #expect(try twice.scalars() == (0..<35).map { 8 + 2 * Float($0) })
    #expect(try seed.scalars() == (0..<35).map { 4 + Float($0) })
  }

  @Test func backwardPassesFreeTheirMemory() throws {
    let backend = ReferenceBackend()
    let device = Device(backend)
    let x = Tensor.ones([100, 100], on: device).tracked()
    func step(createsGraph: Bool) throws -> Float {
      let slope = gradients(of: x.tanh().squared().sum(), withRespectTo: [x], createsGraph: createsGraph)[0]
      return try gradients(of: (slope * x).sum(), withRespectTo: [x]).first!.mean().scalar()
    }
    let before = backend.statistics.bytesInUse
    _ = try step(createsGraph: true)
    #expect(backend.statistics.bytesInUse == before, "nothing holds on to a graph that is no longer used")
  }

  /// A gradient that is the same everywhere takes ways of its own; they lead to what ones in memory give.
  @Test func uniformGradientsAreOrdinaryOnes() throws {
    let rows = Tensor([0.5, -1, 2, 0.25, 1, -2], shape: [2, 3], on: device).tracked()
    let row = Tensor([-0.5, 0.75, 1], on: device).tracked()
    let operations: [(Tensor, Tensor) -> Tensor] = [
      { $0.divergenceFromUnitNormal(logVariance: $1) }, { $1.divergenceFromUnitNormal(logVariance: $0) },
      { $0.sigmoidCrossEntropy($1) }, { $1.sigmoidCrossEntropy($0) }, { $0 * $1 }, { $0 + $1 }, { $0 - $1 },
    ]
    for (index, operation) in operations.enumerated() {
      let uniform = gradients(of: operation(rows, row).sum(), withRespectTo: [rows, row])
      let ordinary = gradients(of: operation(rows, row), withRespectTo: [rows, row], seed: .ones([2, 3], on: device))
      for (found, expected) in zip(uniform, ordinary) {
        expectClose(try found.scalars(), try expected.scalars(), tolerance: 1e-6, "operation \(index)")
      }
    }
  }
}
