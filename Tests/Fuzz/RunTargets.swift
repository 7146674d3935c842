import Datasets
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Training

/// What a run left and goes on with: its checkpoint and its metrics.
struct RunTargets {
  let folder: TemporaryFolder
  private let device: Device
  private let data: ImageDataset

  init(folder: TemporaryFolder) throws {
    self.folder = folder
    device = try TestDevice.reference.device()
    data = ImageDataset(pixels: (0..<10 * 16).map { UInt8($0 * 37 % 256) }, imageShape: [4, 4, 1])
  }

  func all() throws -> [FuzzTarget] {
    [try checkpoint("gan", gan), try checkpoint("autoencoder", autoencoder), try metrics()]
  }

  private func gan() -> any TrainableModel {
    var configuration = DenseGAN.Configuration()
    (configuration.imageShape, configuration.latentSize) = ([4, 4, 1], 2)
    (configuration.generatorUnits, configuration.discriminatorUnits) = ([3], [3])
    return DenseGAN(configuration, on: device, seed: 3)
  }

  /// With everything that has a state: statistics, dropout, what is best.
  private func autoencoder() -> any TrainableModel {
    var configuration = ConvolutionalAutoencoder.Configuration()
    configuration.imageShape = [4, 4, 1]
    (configuration.encoderFilters, configuration.encoderKernels, configuration.encoderStrides) = ([2], [2], [2])
    (configuration.decoderFilters, configuration.decoderKernels, configuration.decoderStrides) = ([1], [2], [2])
    (configuration.useBatchNorm, configuration.useDropout) = (true, true)
    return ConvolutionalAutoencoder(configuration, on: device, seed: 3)
  }

  /// A trainer in mid-epoch, restored from `checkpoint` if there is one, and one step more.
  private func train(_ make: () -> any TrainableModel, from checkpoint: URL?, steps: Int, in run: RunDirectory) throws {
    let trainer = Trainer(make())
    trainer.notice = { _ in }
    try checkpoint.map { try Checkpoint(contentsOf: $0).restore(trainer) }
    final class StopAfter: Callback {
      var steps: Int
      init(_ steps: Int) { self.steps = steps }
      override func stepEnded(_ trainer: Trainer) {
        steps -= 1
        if steps == 0 { trainer.stop("enough") }
      }
    }
    let isGAN = trainer.stages[0].best == nil
    let watch: Callback = isGAN ? AdversarialWatch(data: data, seed: 1) : EarlyStopping(patience: 3)
    let callbacks: [Callback] = [
      MetricsLog(lines: run.metrics, table: run.table), TensorBoardLog(folder: run.url), watch,
      CheckpointWriter(folder: run.checkpoints), ProgressReport(width: 80) { _ in }, StopAfter(steps),
    ]
    // As long as can be asked for: whatever the checkpoint counts, there is a step left.
    let most = (1 << 53) - 1
    try trainer.fit(
      data, validation: data, epochs: isGAN ? nil : most, iterations: isGAN ? most : nil, batchSize: 4, seed: 9,
      callbacks: callbacks)
  }

  private func checkpoint(_ name: String, _ make: @escaping () -> any TrainableModel) throws -> FuzzTarget {
    // Before the first step, within an epoch and behind its end: 10 samples in batches of 4.
    let corpus = try [1, 2, 3, 8].map { steps in
      let run = RunDirectory(folder("corpus-\(name)-\(steps)"))
      try run.prepare()
      try train(make, from: nil, steps: steps, in: run)
      return [UInt8](try Data(contentsOf: run.lastCheckpoint))
    }
    func changing(_ mutator: inout Mutator, _ input: [UInt8], _ other: [UInt8]) -> [UInt8] {
      if mutator.happens(onceIn: 4) { return FileTargets.changingHeader(&mutator, input, other) }
      let (header, data) = FileTargets.parts(of: input)
      let inner = Self.inner(of: FileTargets.parts(of: other).header).text
      let changed = Self.replacingInner(of: header) { mutator.json($0, other: inner) }
      return FileTargets.file(changed.count, changed, data)
    }
    return FuzzTarget("checkpoint of \(name)", corpus: corpus, mutate: changing) { bytes in
      let run = RunDirectory(folder("run-\(name)"))
      try? FileManager.default.removeItem(at: run.url)
      try run.prepare()
      let file = try folder.write(bytes, "checkpoint.safetensors")
      // As `generate` reads it, and as `--resume` does.
      try? Checkpoint(contentsOf: file).restore(make())
      try train(make, from: file, steps: 1, in: run)
    }
  }

  /// The JSON that the metadata of a checkpoint holds as a text, and the token it is.
  private static func inner(of header: [UInt8]) -> (tokens: JSONTokens, place: Int, text: [UInt8]) {
    let tokens = JSONTokens(header)
    let place = 2 + tokens.tokens.firstIndex { $0.text == Array("\"figment\"".utf8) }!
    let text = try! JSONDecoder().decode([String].self, from: Data("[".utf8 + tokens.tokens[place].text + "]".utf8))
    return (tokens, place, Array(text[0].utf8))
  }

  private static func replacingInner(of header: [UInt8], _ change: ([UInt8]) -> [UInt8]) -> [UInt8] {
    var (tokens, place, text) = inner(of: header)
    let list = try! JSONEncoder().encode([String(decoding: change(text), as: UTF8.self)])
    tokens.tokens[place] = .init(.string, list.dropFirst().dropLast())
    return tokens.text
  }

  /// The lines of a run that goes on behind them.
  private func metrics() throws -> FuzzTarget {
    let source = RunDirectory(folder("corpus-metrics"))
    try source.prepare()
    try train(autoencoder, from: nil, steps: 7, in: source)
    let checkpoint = source.lastCheckpoint, lines = [UInt8](try Data(contentsOf: source.metrics))
    func changing(_ mutator: inout Mutator, _ input: [UInt8], _ other: [UInt8]) -> [UInt8] {
      var lines = input.split(separator: 0x0A).map(Array.init)
      let place = mutator.below(lines.count)
      lines[place] = mutator.json(lines[place], other: mutator.pick(lines))
      return Array(lines.joined(separator: mutator.happens(onceIn: 4) ? [0x0D, 0x0A] : [0x0A])) + [0x0A]
    }
    return FuzzTarget("metrics", corpus: [lines], mutate: changing) { bytes in
      let run = RunDirectory(folder("run-metrics"))
      try? FileManager.default.removeItem(at: run.url)
      try run.prepare()
      try Data(bytes).write(to: run.metrics)
      try train(autoencoder, from: checkpoint, steps: 3, in: run)
    }
  }
}
