import Backends
import Kernels

extension OpenCLBackend {
  public func moments(
    _ normalization: Normalization, _ input: any Storage
  ) -> (mean: any Storage, variance: any Storage) {
    let plan = NormalizationPlan(normalization, runtime, sums: true)
    let variance = runtime.allocate(count: normalization.statisticsCount)
    let mean = produce(normalization.statisticsCount) { mean in
      let means = plan.isWhole ? mean : runtime.allocate(count: plan.partialCount)
      let squares = plan.isWhole ? variance : runtime.allocate(count: plan.partialCount)
      let divisor = plan.isWhole ? Float(normalization.rows) : 1
      try run("partialMoments", plan, nil, [.float(divisor), buffer(input), .buffer(means), .buffer(squares)])
      if plan.isWhole { return }
      try merge(
        "mergeMoments", plan, normalization,
        [
          runtime.index(normalization.rows, wide: plan.isWide), .count(plan.width), .buffer(means),
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
      try run(
        "normalizeElements", NormalizationPlan(normalization, runtime, sums: false), activation,
        [
          .float(normalization.epsilon), .float(activation.macro.parameter), .int(scale == nil ? 0 : 1),
          .int(offset == nil ? 0 : 1), buffer(input), buffer(mean), buffer(variance),
          // Not read if there is none.
          buffer(scale ?? mean), buffer(offset ?? mean), .buffer(output),
        ])
    }
  }

  public func normalizationGradient(
    _ normalization: Normalization, input: any Storage, outputGradient: any Storage, mean: any Storage,
    variance: any Storage, scale: (any Storage)?, offset: (any Storage)?, activation: Activation
  ) -> (input: any Storage, scale: any Storage, offset: any Storage) {
    let plan = NormalizationPlan(normalization, runtime, sums: true)
    let scaleGradient = runtime.allocate(count: normalization.statisticsCount)
    let offsetGradient = runtime.allocate(count: normalization.statisticsCount)
    let inputGradient = produce(normalization.count) { output in
      let parameters: [KernelArgument] = [
        .float(normalization.epsilon), .float(activation.macro.parameter), .int(scale == nil ? 0 : 1),
        .int(offset == nil ? 0 : 1), buffer(input), buffer(outputGradient), buffer(mean), buffer(variance),
        buffer(scale ?? mean), buffer(offset ?? mean),
      ]
      let results: [KernelArgument] = [
        .float(1 / Float(normalization.rows)), .buffer(scaleGradient), .buffer(offsetGradient), .buffer(output),
      ]
      if plan.isWhole && runtime.family == .cpu {
        return try run("wholeGradients", plan, activation, parameters + results)
      }
      let partialScales = plan.isWhole ? scaleGradient : runtime.allocate(count: plan.partialCount)
      let partialOffsets = plan.isWhole ? offsetGradient : runtime.allocate(count: plan.partialCount)
      try run("partialGradients", plan, activation, parameters + [.buffer(partialScales), .buffer(partialOffsets)])
      if !plan.isWhole {
        try merge(
          "mergeGradients", plan, normalization,
          [
            .count(plan.width), .buffer(partialScales), .buffer(partialOffsets), .buffer(scaleGradient),
            .buffer(offsetGradient),
          ])
      }
      try run(
        "inputGradient", NormalizationPlan(normalization, runtime, sums: false), activation, parameters + results)
    }
    return (inputGradient, scaleGradient, offsetGradient)
  }

  private func run(
    _ name: String, _ plan: NormalizationPlan, _ activation: Activation?, _ arguments: [KernelArgument]
  ) throws {
    let kernel = try runtime.kernel(
      .normalization, name,
      defines: [
        "WIDTH": plan.lanes, "ACTIVATION": (activation ?? .identity).macro.name, plan.isWide ? "WIDE" : "NARROW": 1,
        plan.storing: 1,
      ])
    try runtime.launchShared(kernel, units: plan.units, cost: plan.cost, plan.arguments + arguments)
  }

  /// The second stage of sums.
  private func merge(
    _ name: String, _ plan: NormalizationPlan, _ normalization: Normalization, _ arguments: [KernelArgument]
  ) throws {
    let channels = normalization.channels, lanes = plan.mergedLanes
    let kernel = try runtime.kernel(
      .normalization, name,
      defines: ["WIDTH": lanes, "ACTIVATION": Activation.identity.macro.name, plan.isWide ? "WIDE" : "NARROW": 1])
    try runtime.launchShared(
      kernel, units: normalization.groups * ((channels + lanes - 1) / lanes),
      cost: plan.parts * plan.width / channels * lanes * 4, plan.arguments + arguments)
  }
}

/// How a normalization is shared out among work-items; the families' files explain the words.
private struct NormalizationPlan {
  var parts = 1
  /// Columns of a line, and of the partial sums.
  let width: Int
  let lanes: Int
  let units: Int
  let cost: Int
  let arguments: [KernelArgument]
  let isWide: Bool
  /// Of results of the size of the input.
  let storing: String
  /// Whether sums over a part are those of a channel's whole group, and need no second stage.
  let isWhole: Bool
  let partialCount: Int
  let mergedLanes: Int

  /// `sums` if the kernel adds up over rows.
  init(_ normalization: Normalization, _ runtime: OpenCLRuntime, sums: Bool) {
    let groups = normalization.groups, rows = normalization.rows, channels = max(1, normalization.channels)
    let wide = needsWideIndices(normalization.count)
    isWide = wide
    storing = sums ? "CACHED" : runtime.storing(normalization.count, columns: channels)
    func index(_ value: Int) -> KernelArgument { runtime.index(value, wide: wide) }
    switch runtime.family {
    case .cpu:
      // Short rows share a line of whole vectors.
      let rowsInLine = channels >= 16 ? 1 : 16 >> min(4, channels.trailingZeroBitCount)
      width = rowsInLine * channels
      let lines = rows / rowsInLine, extra = (rows - lines * rowsInLine) * channels
      var chunk = min(512, (width + 15) / 16 * 16)
      let wanted = (runtime.device.computeUnits * 4).dividedUp(by: max(1, groups * width.dividedUp(by: chunk)))
      if sums, lines <= 512, width >= 128 {
        // Few rows: sharing out columns instead needs no second stage.
        chunk = min(chunk, max(64, width.dividedUp(by: max(1, wanted)).roundedUp(to: 16)))
      } else {
        parts = max(1, min(wanted, lines / 64, lines * width / 8192))
        // Sums of longer parts would round too much.
        if sums { parts = max(parts, lines.dividedUp(by: 4096)) }
      }
      let share = max(1, lines.dividedUp(by: parts))
      parts = max(1, lines.dividedUp(by: share))
      lanes = 16
      mergedLanes = width == channels ? 16 : 1
      units = groups * parts * width.dividedUp(by: chunk)
      cost = share * min(width, chunk) * 2
      arguments = [
        index(groups), index(parts), index(share), index(lines), .count(width), .count(extra),
        .count(channels), .count(chunk),
      ]
    case .gpu:
      width = channels
      mergedLanes = 1
      if sums {
        parts = max(1, min(runtime.device.computeUnits * 2048 / max(1, groups * channels), rows / 16, 256))
        lanes = 1
        units = groups * parts * channels
      } else {
        lanes = channels.isMultiple(of: 4) ? 4 : 1
        units = normalization.count / lanes
      }
      cost = 1
      arguments = [index(groups), index(parts), index(rows), .count(channels)]
    }
    isWhole = parts == 1 && width == channels
    partialCount = groups * parts * width
  }
}
