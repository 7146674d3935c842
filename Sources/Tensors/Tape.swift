import Backends
import Synchronization

/// One recorded operation, or a variable. Nodes are told apart by identity.
final class Node: Sendable {
  /// From the gradient that arrives at the operation's output, and that output, to the gradients of those
  /// inputs that are needed (nil for the others).
  typealias Pullback =
    @Sendable (_ gradient: Tensor, _ output: Tensor, _ needs: [Bool]) -> [Tensor?]

  struct Record: Sendable {
    let inputs: [Node?]
    /// The output's values; the node itself cannot be held, that would be a cycle.
    let output: Tensor?
    let pullback: Pullback
  }

  enum State: Sendable {
    case variable
    case recorded(Record)
    case released
  }

  let state: Mutex<State>

  init() { state = Mutex(.variable) }
  init(_ record: Record) { state = Mutex(.recorded(record)) }

  func release() { _ = takeInputs() }

  /// Lets go of the record, and returns the nodes it led to. The record dies outside of the lock, because
  /// what it owns may be large, and before the nodes do, because its pullback refers to them too.
  private func takeInputs() -> [Node] {
    let old = state.withLock { state in
      let old = state
      if case .recorded = state { state = .released }
      return old
    }
    guard case .recorded(let record) = old else { return [] }
    return record.inputs.compactMap { $0 }
  }

  /// Without recursion: a chain of operations that is dropped unused may be longer than the stack is deep.
  deinit {
    var pending = takeInputs()
    while var node = pending.popLast() {
      if isKnownUniquelyReferenced(&node) { pending += node.takeInputs() }
    }
  }
}

enum Tape {
  @TaskLocal static var isRecording = true
}

/// Runs `body` without recording its operations: for evaluation, and for updates of parameters.
///
/// It is a matter of the task. Child tasks and a `Task { … }` made inside of `body` record nothing either, even after
/// `body` has returned. What runs outside of the task does record: `Task.detached`, a `Thread`, blocks of a
/// `DispatchQueue` (`concurrentPerform` too, but for those that it runs on the calling thread). Call `withoutGradient`
/// inside of what these run.
public func withoutGradient<Result>(_ body: () throws -> Result) rethrows -> Result {
  try Tape.$isRecording.withValue(false, operation: body)
}

extension Tensor {
  /// The output of an operation. It is recorded if any of `inputs` is.
  ///
  /// - Parameter savesOutput: whether the pullback reads its `output`; otherwise the memory is not held.
  init(
    _ storage: any Storage, shape: Shape, inputs: [Tensor], savesOutput: Bool = false,
    pullback: @escaping Node.Pullback
  ) {
    let device = inputs[0].device
    guard Tape.isRecording, inputs.contains(where: { $0.node != nil }) else {
      self.init(storage, shape: shape, on: device)
      return
    }
    let output = savesOutput ? Tensor(storage, shape: shape, on: device) : nil
    let node = Node(.init(inputs: inputs.map(\.node), output: output, pullback: pullback))
    self.init(storage, shape: shape, on: device, node: node)
  }
}

/// The gradients of `output` with respect to each of `inputs`, by reverse accumulation. Operations that
/// lead to none of `inputs` are skipped, so choosing the parameters of one network freezes the others.
///
/// - Parameters:
///   - output: A scalar, unless `seed` is given.
///   - inputs: Tracked tensors. One that `output` does not depend on gets zeros.
///   - seed: The gradient that arrives at `output`, of its shape; 1 if not given.
///   - createsGraph: Whether the gradients themselves can be differentiated.
///   - retainsGraph: Whether the recorded operations are kept for another call. Otherwise the memory they
///     hold is freed on the way. Defaults to `createsGraph`.
public func gradients(
  of output: Tensor, withRespectTo inputs: [Tensor], seed: Tensor? = nil, createsGraph: Bool = false,
  retainsGraph: Bool? = nil
) -> [Tensor] {
  require(
    seed != nil || output.count == 1,
    "gradients: the output has shape \(output.shape); a scalar, or a seed of that shape, is needed")
  require(
    seed == nil || seed!.shape == output.shape,
    "gradients: the seed's shape \(seed?.shape ?? []) is not the output's \(output.shape)")
  let targets = inputs.map { input -> Node in
    guard let node = input.node else {
      misuse("gradients: an input of shape \(input.shape) is not tracked; use tracked() or a Parameter")
    }
    return node
  }
  return Tape.$isRecording.withValue(createsGraph) {
    var pass = BackwardPass(targets: targets, retainsGraph: retainsGraph ?? createsGraph)
    let found = pass.run(from: output, seed: seed ?? Tensor(uniform: 1, shape: output.shape, on: output.device))
    return zip(inputs, found).map { input, gradient in gradient ?? Tensor(uniform: 0, shape: input.shape, on: input.device) }
  }
}

/// What is still to be added to small gradients: all of them in one operation, as each would hardly take longer than its launch.
private struct LaterSums {
  /// The most elements that wait.
  private static let mostElements = 1 << 20
  /// Each round has at most one contribution to a gradient, so that these are added in the order they came in.
  private var rounds: [[(position: Int, contribution: Tensor)]] = []
  private var turns: [Int: Int] = [:]
  private var elements = 0

  /// Whether `contribution` waits; otherwise it is to be added at once.
  mutating func take(_ contribution: Tensor, to sum: Tensor, _ position: Int) -> Bool {
    let isPlain = sum.uniformValue == nil && contribution.uniformValue == nil && sum.shape == contribution.shape
    guard isPlain, !Tape.isRecording, elements + contribution.count <= Self.mostElements else { return false }
    let turn = turns[position, default: 0]
    if turn == rounds.count { rounds.append([]) }
    rounds[turn].append((position, contribution))
    (turns[position], elements) = (turn + 1, elements + contribution.count)
    return true
  }

  func add(to gradients: inout [Tensor?]) {
    for round in rounds {
      let shapes = round.map(\.contribution.shape), device = round[0].contribution.device
      var sums = round.map { gradients[$0.position]!.storage }, slots = [[any Storage]]()
      // Held by `sums` alone, they are written where they are.
      for place in round { gradients[place.position] = nil }
      device.backend.optimizerStep(
        .movingAverage(decay: 1, scale: 1), parameters: &sums, gradients: round.map(\.contribution.storage), slots: &slots)
      for (place, (storage, shape)) in zip(round, zip(sums, shapes)) {
        gradients[place.position] = Tensor(storage, shape: shape, on: device)
      }
    }
  }
}

/// A backward walk over the part of the tape between an output and the targets.
private struct BackwardPass {
  let targets: [Node]
  let retainsGraph: Bool
  /// Every node the output depends on, inputs first.
  private var order: [Node] = []
  private var records: [Node.Record?] = []
  private var index: [ObjectIdentifier: Int] = [:]

  init(targets: [Node], retainsGraph: Bool) {
    self.targets = targets
    self.retainsGraph = retainsGraph
  }

  mutating func run(from output: Tensor, seed: Tensor) -> [Tensor?] {
    guard let root = output.node else { return targets.map { _ in nil } }
    sort(from: root)
    let targetSet = Set(targets.map { ObjectIdentifier($0) })
    var leadsToTarget = [Bool](repeating: false, count: order.count)
    for (position, node) in order.enumerated() {
      leadsToTarget[position] =
        targetSet.contains(ObjectIdentifier(node))
        || records[position]?.inputs.contains { $0.map { leadsToTarget[index[ObjectIdentifier($0)]!] } ?? false }
          ?? false
    }
    var gradients = [Tensor?](repeating: nil, count: order.count)
    gradients[order.count - 1] = seed
    var later = LaterSums()
    for position in order.indices.reversed() {
      defer {
        records[position] = nil
        if !retainsGraph { order[position].release() }
      }
      guard let record = records[position], let gradient = gradients[position] else { continue }
      if !targetSet.contains(ObjectIdentifier(order[position])) { gradients[position] = nil }
      let needs = record.inputs.map { $0.map { leadsToTarget[index[ObjectIdentifier($0)]!] } ?? false }
      guard needs.contains(true) else { continue }
      let output = record.output.map {
        Tensor($0.storage, shape: $0.shape, on: $0.device, node: order[position])
      }
      let pulled = record.pullback(gradient, output ?? gradient, needs)
      for (input, contribution) in zip(record.inputs, pulled) {
        guard let input, let contribution, let position = index[ObjectIdentifier(input)],
          leadsToTarget[position]
        else { continue }
        guard let sum = gradients[position] else {
          gradients[position] = contribution
          continue
        }
        // Nobody reads a variable's before the end.
        if records[position] == nil, later.take(contribution, to: sum, position) { continue }
        gradients[position] = sum + contribution
      }
    }
    later.add(to: &gradients)
    return targets.map { index[ObjectIdentifier($0)].flatMap { gradients[$0] } }
  }

  /// Depth-first, without recursion: graphs are as deep as networks are.
  private mutating func sort(from root: Node) {
    var seen: Set<ObjectIdentifier> = [ObjectIdentifier(root)]
    var stack = [Visit(root, record(of: root))]
    while let top = stack.indices.last {
      if let input = stack[top].nextInput() {
        if seen.insert(ObjectIdentifier(input)).inserted { stack.append(Visit(input, record(of: input))) }
      } else {
        let visit = stack.removeLast()
        index[ObjectIdentifier(visit.node)] = order.count
        order.append(visit.node)
        records.append(visit.record)
      }
    }
  }

  /// A node on the way from the root, and how many of its inputs have been followed.
  private struct Visit {
    let node: Node
    let record: Node.Record?
    private var followed = 0

    init(_ node: Node, _ record: Node.Record?) { (self.node, self.record) = (node, record) }

    mutating func nextInput() -> Node? {
      guard let record else { return nil }
      while followed < record.inputs.count {
        followed += 1
        if let input = record.inputs[followed - 1] { return input }
      }
      return nil
    }
  }

  private func record(of node: Node) -> Node.Record? {
    switch node.state.withLock({ $0 }) {
    case .variable: return nil
    case .recorded(let record): return record
    case .released:
      misuse("gradients: this graph was released by an earlier call; pass retainsGraph: true to it")
    }
  }
}
