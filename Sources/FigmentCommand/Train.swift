import ArgumentParser
import Figment
import Foundation

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a model, or resumes a run.",
    discussion: """
      Leaves in the output folder: config.json, metrics.jsonl, metrics.csv, TensorBoard events, samples/*.png
      and checkpoints/. Ctrl-C finishes the step, writes a checkpoint and exits with status 130; --resume
      then continues as if the run had never stopped.
      """)

  @Argument(help: "A model: \(ModelCatalog.trainableIdentifiers.joined(separator: ", ")).")
  var model: String?

  @Option(help: "A data set (fashion-mnist, mnist) or a folder with IDX files.")
  var data: String?

  @Option(help: "How often to go through the images, those of a resumed run included.")
  var epochs: Int?

  @Option(help: "Images in a step.")
  var batchSize: Int?

  @Option(help: "The learning rate.")
  var learningRate: Float?

  @Option(help: "How the rate changes: constant, exponential:FACTOR (an epoch) or cosine.")
  var learningRateSchedule: String?

  @Option(help: "Of weights, noise and the order of the images.")
  var seed: UInt64?

  @OptionGroup var device: DeviceOption

  @Option(help: "The folder of the run. Default: runs/MODEL.")
  var output: String?

  @Option(help: "Continue the run in this folder.")
  var resume: String?

  @Option(help: "A JSON file with the model's hyperparameters; what it leaves out keeps its default.")
  var config: String?

  @Option(help: "Stop after this many epochs without a lower validation loss.")
  var patience: Int?

  @Option(help: "The part of the images held out for validation if the data set has none of its own.")
  var validationFraction: Double?

  @Option(help: "Write a checkpoint every so many steps, besides those after each epoch.")
  var checkpointSteps: Int?

  @Flag(help: "Replace the run that is in the output folder.")
  var overwrite = false

  @Flag(help: "Report the device's memory at the end.")
  var verbose = false

  func validate() throws {
    func positive(_ value: Int?, _ name: String) throws {
      if let value, value < 1 { throw ValidationError("--\(name) is \(value); it must be at least 1.") }
    }
    try positive(epochs, "epochs")
    try positive(batchSize, "batch-size")
    try positive(patience, "patience")
    try positive(checkpointSteps, "checkpoint-steps")
    if let learningRate, !(learningRate.isFinite && learningRate > 0) {
      throw ValidationError("--learning-rate is \(learningRate); it must be a positive number.")
    }
    if let validationFraction, !(validationFraction > 0 && validationFraction < 1) {
      throw ValidationError("--validation-fraction is \(validationFraction); it must lie between 0 and 1.")
    }
    if let learningRateSchedule, LearningRateSchedule(learningRateSchedule) == nil {
      throw ValidationError(
        "--learning-rate-schedule \(learningRateSchedule) is none of constant, exponential:FACTOR, cosine.")
    }
    if resume == nil, model == nil { throw ValidationError("Name a model, or a run to --resume.") }
    if resume != nil {
      let fixed: [(String, Any?)] = [
        ("data", data), ("batch-size", batchSize), ("learning-rate", learningRate),
        ("learning-rate-schedule", learningRateSchedule), ("seed", seed), ("output", output), ("config", config),
        ("validation-fraction", validationFraction),
      ]
      if let (name, _) = fixed.first(where: { $0.1 != nil }) {
        throw ValidationError("--\(name) cannot change in a resumed run: it would no longer be the same run.")
      }
    }
  }

  func run() throws {
    let session = try resume.map(resumed) ?? started()
    try session.train()
  }

  private func started() throws -> TrainingSession {
    let type = try ModelCatalog.trainableType(named: model!)
    let directory = RunDirectory(path: output ?? "runs/\(type.identifier)")
    if directory.isUsed && !overwrite {
      throw UsageError(
        "\(directory.url.path) already holds a run; continue it with --resume, replace it with --overwrite, or choose another --output"
      )
    }
    let settings = RunConfiguration(
      model: type.identifier, configuration: try configuration(type), data: data ?? "fashion-mnist",
      validationFraction: validationFraction ?? 0.1, epochs: epochs ?? type.defaults.epochs,
      batchSize: batchSize ?? type.defaults.batchSize, learningRate: learningRate ?? type.defaults.learningRate,
      learningRateSchedule: learningRateSchedule ?? "constant", earlyStoppingPatience: patience,
      seed: seed ?? UInt64.random(in: 0..<1 << 32), device: device.device)
    return try TrainingSession(
      settings, in: directory, device: device.select(), checkpointSteps: checkpointSteps, verbose: verbose,
      resuming: false)
  }

  private func resumed(_ path: String) throws -> TrainingSession {
    let directory = RunDirectory(path: path)
    var settings = try RunConfiguration(contentsOf: directory.configuration)
    if let model, model != settings.model {
      throw UsageError("the run in \(path) is of the model “\(settings.model)”, not “\(model)”")
    }
    settings.epochs = epochs ?? settings.epochs
    settings.earlyStoppingPatience = patience ?? settings.earlyStoppingPatience
    let name = device.device == "auto" ? settings.device : device.device
    return try TrainingSession(
      settings, in: directory, device: device.select(name), checkpointSteps: checkpointSteps, verbose: verbose,
      resuming: true)
  }

  private func configuration<Model: TrainableModel>(_ type: Model.Type) throws -> JSONValue {
    try JSONValue(encoding: Model.Configuration.read(config))
  }
}
