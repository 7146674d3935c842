import Backends
import Kernels

extension OpenCLBackend {
  public func moments(
    _ normalization: Normalization, _ input: any Storage
  ) -> (mean: any Storage, variance: any Storage) {
    let variance = runtime.allocate(count: normalization.statisticsCount)
    let mean = produce(normalization.statisticsCount) { mean in
      try computeMoments(normalization, input, into: mean, variance, averages: nil)
    }
    return (mean, variance)
  }

  /// - Parameter averages: Of a card's moments, which are then merged even if there is one part.
  private func computeMoments(
    _ normalization: Normalization, _ input: any Storage, into mean: OpenCLStorage, _ variance: OpenCLStorage,
    averages: WrittenAverages?
  ) throws {
    let plan = try NormalizationPlan("partialMoments", normalization, nil, runtime)
    let isOver = plan.isWhole && averages == nil
    let means = isOver ? mean : runtime.allocate(count: plan.partialCount)
    let squares = isOver ? variance : runtime.allocate(count: plan.partialCount)
    let divisor = isOver ? Float(normalization.rows) : 1
    try plan.launch(
      [.float(divisor), buffer(input), .buffer(means), .buffer(squares)], local: [plan.momentBytes])
    if isOver { return }
    try plan.merge(
      "mergeMoments",
      beside: runtime.family == .cpu
        ? [runtime.index(normalization.rows, wide: plan.isWide), .count(plan.width)] : [.count(plan.partLanes)],
      [.buffer(means), .buffer(squares), .buffer(mean), .buffer(variance)]
        + (runtime.family == .gpu ? WrittenAverages.arguments(averages, orNone: mean) : []), local: [plan.momentBytes])
  }

  public func normalizeByOwnMoments(
    _ normalization: Normalization, _ input: any Storage, scale: (any Storage)?, offset: (any Storage)?,
    activation: Activation, averages: inout MovingMoments?
  ) -> (output: any Storage, mean: any Storage, variance: any Storage) {
    guard runtime.family == .gpu, normalization.count > 0 else {
      return normalizeInTurn(
        normalization, input, scale: scale, offset: offset, activation: activation, averages: &averages)
    }
    let mean = runtime.allocate(count: normalization.statisticsCount)
    let variance = runtime.allocate(count: normalization.statisticsCount)
    var written: WrittenAverages?
    if let (movingMean, movingVariance) = averages?.writable(as: own, copy: copied) {
      written = WrittenAverages(rule: averages!, mean: movingMean, variance: movingVariance)
    }
    let output = produce(normalization.count) { output in
      let plan = try NormalizationPlan("normalizeColumns", normalization, activation, runtime)
      let parameters: [KernelArgument] = [
        .float(normalization.epsilon), .float(activation.macro.parameter), .int(scale == nil ? 0 : 1),
        .int(offset == nil ? 0 : 1), buffer(input),
      ]
      // Not read if there is none.
      let affine = [buffer(scale ?? mean), buffer(offset ?? mean)]
      if plan.isWhole {
        return try plan.launch(
          parameters + affine + [.buffer(output), .buffer(mean), .buffer(variance)]
            + WrittenAverages.arguments(written, orNone: mean), local: [plan.momentBytes])
      }
      try computeMoments(normalization, input, into: mean, variance, averages: written)
      try NormalizationPlan("normalizeElements", normalization, activation, runtime).launch(
        parameters + [.buffer(mean), .buffer(variance)] + affine + [.buffer(output)])
    }
    return (output, mean, variance)
  }

  public func normalize(
    _ normalization: Normalization, _ input: any Storage, mean: any Storage, variance: any Storage,
    scale: (any Storage)?, offset: (any Storage)?, activation: Activation
  ) -> any Storage {
    produce(normalization.count) { output in
      try NormalizationPlan("normalizeElements", normalization, activation, runtime).launch(
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
      let whole = try NormalizationPlan("wholeGradients", normalization, activation, runtime)
      let local = [4 * whole.lanes, 4 * whole.lanes]
      if whole.isWhole { return try whole.launch(parameters + results, local: local) }
      let plan = try NormalizationPlan("partialGradients", normalization, activation, runtime)
      let partialScales = runtime.allocate(count: plan.partialCount)
      let partialOffsets = runtime.allocate(count: plan.partialCount)
      try plan.launch(parameters + [.buffer(partialScales), .buffer(partialOffsets)], local: local)
      try plan.merge(
        "mergeGradients", beside: runtime.family == .cpu ? [.count(plan.width)] : [],
        [.buffer(partialScales), .buffer(partialOffsets), .buffer(scaleGradient), .buffer(offsetGradient)], local: local)
      try NormalizationPlan("inputGradient", normalization, activation, runtime).launch(parameters + results)
    }
    return (inputGradient, scaleGradient, offsetGradient)
  }
}

/// Moving averages that a card's kernel writes beside the moments.
private struct WrittenAverages {
  let rule: MovingMoments
  let mean: OpenCLStorage, variance: OpenCLStorage

  /// `AVERAGES` of `normalization_gpu.cl`; without averages a buffer stands in that is not touched.
  static func arguments(_ averages: WrittenAverages?, orNone buffer: OpenCLStorage) -> [KernelArgument] {
    [
      .int(averages == nil ? 0 : 1), .float(averages?.rule.decay ?? 0), .float(averages?.rule.meanShare ?? 0),
      .float(averages?.rule.varianceShare ?? 0), .buffer(averages?.mean ?? buffer), .buffer(averages?.variance ?? buffer),
    ]
  }
}

/// How a kernel of a normalization is shared out among work-items; the families' files explain the words.
private struct NormalizationPlan {
  private let normalization: Normalization
  private let runtime: OpenCLRuntime
  private let kernel: OpenCLKernel
  private var parts = 1
  /// Columns of a line, and of the partial sums.
  let width: Int
  let lanes: Int
  private let units: Int
  private let cost: Int
  private let arguments: [KernelArgument]
  let isWide: Bool
  /// On a card, of sums over rows.
  private var groups: RowGroups?

  /// Whether sums over a part are those of a channel's whole group, and need no second stage.
  var isWhole: Bool { parts == 1 && width == normalization.channels }
  var partialCount: Int { normalization.groups * parts * width }
  var partLanes: Int { groups?.lanes ?? 1 }
  /// The structure `Moments` of `normalization_gpu.cl`.
  var momentBytes: Int { 12 * lanes }

  init(_ name: String, _ normalization: Normalization, _ activation: Activation?, _ runtime: OpenCLRuntime) throws {
    let sums = name != "normalizeElements" && name != "inputGradient"
    let outer = normalization.groups, rows = normalization.rows, channels = max(1, normalization.channels)
    let wide = needsWideIndices(normalization.count)
    isWide = wide
    (self.normalization, self.runtime) = (normalization, runtime)
    lanes = runtime.family == .cpu ? 16 : runtime.rowWidth(channels)
    kernel = try runtime.kernel(
      .normalization, name,
      defines: [
        "WIDTH": lanes, "ACTIVATION": (activation ?? .identity).macro.name, wide ? "WIDE" : "NARROW": 1,
        // Of results of the size of the input.
        sums ? "CACHED" : runtime.storing(normalization.count, columns: channels): 1,
      ])
    func index(_ value: Int) -> KernelArgument { runtime.index(value, wide: wide) }
    switch runtime.family {
    case .cpu:
      // Short rows share a line of whole vectors.
      let rowsInLine = channels >= 16 ? 1 : 16 >> min(4, channels.trailingZeroBitCount)
      width = rowsInLine * channels
      let lines = rows / rowsInLine, extra = (rows - lines * rowsInLine) * channels
      var chunk = min(512, (width + 15) / 16 * 16)
      let wanted = (runtime.device.computeUnits * 4).dividedUp(by: max(1, outer * width.dividedUp(by: chunk)))
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
      units = outer * parts * width.dividedUp(by: chunk)
      cost = share * min(width, chunk) * 2
      arguments = [
        index(outer), index(parts), index(share), index(lines), .count(width), .count(extra),
        .count(channels), .count(chunk),
      ]
    case .gpu:
      width = channels
      units = normalization.count / lanes
      cost = 1
      if sums {
        let groups = RowGroups(
          outer: outer, rows: rows, vectors: channels / lanes, width: lanes, kernel, runtime.device)
        (self.groups, parts) = (groups, groups.parts)
        arguments = [index(outer), index(parts), index(rows), .count(channels), groups.columnArgument]
      } else {
        arguments = [index(outer), index(1), index(rows), .count(channels)]
      }
    }
  }

  /// - Parameter local: Bytes that each item of a group has in local memory.
  func launch(_ more: [KernelArgument], local: [Int] = []) throws {
    if let groups {
      try groups.launch(kernel, runtime, arguments + more + local.map(groups.local(bytes:)))
    } else {
      try runtime.launchShared(kernel, units: units, cost: cost, arguments + more)
    }
  }

  /// The second stage of sums, `beside` which some have numbers of their own.
  func merge(_ name: String, beside numbers: [KernelArgument], _ storages: [KernelArgument], local: [Int]) throws {
    let channels = normalization.channels
    let lanes = runtime.family == .gpu ? lanes : width == channels ? 16 : 1
    let kernel = try runtime.kernel(
      .normalization, name,
      defines: ["WIDTH": lanes, "ACTIVATION": Activation.identity.macro.name, isWide ? "WIDE" : "NARROW": 1])
    guard runtime.family == .gpu else {
      return try runtime.launchShared(
        kernel, units: normalization.groups * channels.dividedUp(by: lanes),
        cost: parts * width / channels * lanes * 4, arguments + numbers + storages)
    }
    let groups = RowGroups(
      outer: normalization.groups, rows: parts, vectors: channels / lanes, width: lanes, kernel, runtime.device, isLast: true)
    try groups.launch(
      kernel, runtime,
      arguments.dropLast() + [groups.columnArgument] + numbers + storages + local.map(groups.local(bytes:)))
  }
}
