import Backends
import Kernels

extension OpenCLBackend {
  public func moments(
    _ normalization: Normalization, _ input: any Storage
  ) -> (mean: any Storage, variance: any Storage) {
    let plan = NormalizationPlan(normalization, runtime, sums: true)
    let variance = runtime.allocate(count: normalization.statisticsCount)
    let squares = runtime.allocate(count: plan.partialCount)
    let mean = produce(normalization.statisticsCount) { mean in
      let means = runtime.allocate(count: plan.partialCount)
      try run("partialMoments", plan, [buffer(input), .buffer(means), .buffer(squares)])
      let merge = try runtime.kernel(.normalization, "mergeMoments", defines: plan.defines(width: 1))
      try runtime.launchShared(
        merge, units: normalization.statisticsCount, cost: plan.parts * plan.width / normalization.channels * 8,
        plan.arguments + [
          runtime.index(normalization.rows, wide: plan.isWide), .uint(UInt32(plan.width)), .buffer(means),
          .buffer(squares), .buffer(mean), .buffer(variance),
        ])
    }
    return (mean, variance)
  }

  public func normalize(
    _ normalization: Normalization, _ input: any Storage, mean: any Storage, variance: any Storage,
    scale: (any Storage)?, offset: (any Storage)?, activation: Activation
  ) -> any Storage {
    produce(normalization.count) { output in
      let plan = NormalizationPlan(normalization, runtime, sums: false)
      let (macro, parameter) = activation.macro
      try run(
        "normalizeElements", plan, scale: scale != nil, offset: offset != nil, activation: macro,
        [
          .float(normalization.epsilon), .float(parameter), buffer(input), buffer(mean), buffer(variance),
          // Not read if there is none.
          buffer(scale ?? mean), buffer(offset ?? mean), .buffer(output),
        ])
    }
  }

  public func normalizationGradient(
    _ normalization: Normalization, input: any Storage, outputGradient: any Storage, mean: any Storage,
    variance: any Storage, scale: (any Storage)?, offset: (any Storage)?, activation: Activation
  ) -> (input: any Storage, scale: any Storage, offset: any Storage) {
    // The activation's own derivative first, as a pass of its own.
    let whole = Shape([normalization.count])
    let outputGradient =
      activation == .identity
      ? outputGradient
      : binary(
        .activationGradient(activation),
        normalize(
          normalization, input, mean: mean, variance: variance, scale: scale, offset: offset, activation: activation),
        outputGradient, Broadcast(whole, whole, to: whole))
    let sums = NormalizationPlan(normalization, runtime, sums: true)
    let scaleSums = runtime.allocate(count: sums.partialCount)
    let offsetSums = produce(sums.partialCount) { offsetSums in
      try run(
        "partialGradients", sums,
        [
          .float(normalization.epsilon), buffer(input), buffer(outputGradient), buffer(mean), buffer(variance),
          .buffer(scaleSums), .buffer(offsetSums),
        ])
    }
    let length = sums.parts * sums.width / max(1, normalization.channels)
    func total(_ partial: OpenCLStorage) -> any Storage {
      reduce(.sum, partial, outer: normalization.groups, length: length, inner: normalization.channels)
    }
    let scaleGradient = total(scaleSums), offsetGradient = total(offsetSums)
    let inputGradient = produce(normalization.count) { output in
      try run(
        "inputGradient", NormalizationPlan(normalization, runtime, sums: false), scale: scale != nil,
        [
          .float(normalization.epsilon), .float(1 / Float(normalization.rows)), buffer(input), buffer(outputGradient),
          buffer(mean), buffer(variance), buffer(scale ?? mean), buffer(scaleGradient), buffer(offsetGradient),
          .buffer(output),
        ])
    }
    return (inputGradient, scaleGradient, offsetGradient)
  }

  private func run(
    _ name: String, _ plan: NormalizationPlan, scale: Bool = false, offset: Bool = false,
    activation: String = "IDENTITY", _ arguments: [KernelArgument]
  ) throws {
    let kernel = try runtime.kernel(
      .normalization, name,
      defines: [
        "WIDTH": plan.lanes, "ACTIVATION": activation, scale ? "SCALE" : "NO_SCALE": 1,
        offset ? "OFFSET" : "NO_OFFSET": 1, plan.isWide ? "WIDE" : "NARROW": 1,
      ])
    try runtime.launchShared(kernel, units: plan.units, cost: plan.cost, plan.arguments + arguments)
  }
}

/// How the rows of a normalization are shared out; `normalization.cl` explains the words.
private struct NormalizationPlan {
  var parts = 1
  /// Columns of a line, and of the partial sums.
  var width: Int
  var lanes: Int
  var units: Int
  var cost: Int
  var arguments: [KernelArgument]
  let isWide: Bool
  let partialCount: Int

  /// `sums` if the kernel leaves partial sums rather than elements.
  init(_ normalization: Normalization, _ runtime: OpenCLRuntime, sums: Bool) {
    let groups = normalization.groups, rows = normalization.rows, channels = normalization.channels
    let wide = needsWideIndices(normalization.count)
    isWide = wide
    func index(_ value: Int) -> KernelArgument { runtime.index(value, wide: wide) }
    switch runtime.family {
    case .cpu:
      let rowsInLine = channels >= 16 ? 1 : (15 + channels) / max(1, channels)
      let lines = rows / rowsInLine
      width = rowsInLine * channels
      let extra = (rows - lines * rowsInLine) * channels
      let share: Int
      // A part is read twice: it should stay in the second-level cache.
      (parts, share) = runtime.split(
        lines, outer: groups, atLeast: max(1, 4096 / max(1, width)), atMost: min(512, 32768 / max(1, width)))
      lanes = 16
      units = groups * parts
      cost = share * width * 2
      arguments = [
        index(groups), index(parts), index(share), index(lines), .uint(UInt32(width)), .uint(UInt32(extra)),
        .uint(UInt32(channels)),
      ]
    case .gpu:
      width = channels
      if sums {
        parts = max(1, min(runtime.device.computeUnits * 2048 / max(1, groups * channels), rows / 16, 256))
        lanes = 1
        units = groups * parts * channels
      } else {
        lanes = channels.isMultiple(of: 4) ? 4 : 1
        units = normalization.count / lanes
      }
      cost = 1
      arguments = [index(groups), index(parts), index(rows), .uint(UInt32(channels))]
    }
    partialCount = groups * parts * width
  }

  func defines(width: Int) -> KeyValuePairs<String, any CustomStringConvertible> {
    ["WIDTH": width, isWide ? "WIDE" : "NARROW": 1]
  }
}
