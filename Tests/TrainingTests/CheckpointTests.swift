import Datasets
import Files
import Foundation
import Interchange
import Layers
import Models
import Tensors
import TestSupport
import Testing
import Training

/// What a checkpoint says is checked before anything of it is used.
@Suite struct CheckpointTests {
  private let device: Device
  private let folder: TemporaryFolder
  private var file: URL { CheckpointWriter.last(in: folder.url) }

  init() throws {
    device = try TestDevice.reference.device()
    folder = try TemporaryFolder()
    try Trainer(tinyGAN(on: device)).fit(
      tinyImages(count: 10), iterations: 4, batchSize: 4, seed: 9, callbacks: [CheckpointWriter(folder: folder.url)])
  }

  /// The file with another header, or another first tensor, in place of its own.
  private func rewrite(_ change: (String) -> String = { $0 }, values: ((inout [Float]) -> Void)? = nil) throws {
    let whole = try SafetensorsFile(contentsOf: file)
    var copy = SafetensorsWriter()
    for name in whole.names {
      var floats: [Float] = try whole.values(name)
      if name == whole.names[0] { values?(&floats) }
      copy.add(name, floats, shape: whole.entries[name]!.shape)
    }
    let text = try #require(whole.metadata["figment"]), changed = change(text)
    #expect(changed != text || values != nil, "the change changes something")
    copy.metadata = ["figment": changed]
    try copy.write(to: file)
  }

  private func failure(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch { return "\(error)" }
  }

  private func resume(_ data: any Dataset = tinyImages(count: 10), batchSize: Int = 4, seed: UInt64 = 9) throws {
    let trainer = Trainer(tinyGAN(on: device))
    try Checkpoint(contentsOf: file).restore(trainer)
    try trainer.fit(data, iterations: 6, batchSize: batchSize, seed: seed)
  }

  @Test func bothNetworksAreRestored() throws {
    let other = Trainer(tinyGAN(on: device, seed: 77))
    try Checkpoint(contentsOf: file).restore(other)
    #expect(other.stages[0].learners.map(\.optimizer.iterations) == [4, 4])
    try resume()
  }

  @Test func anotherRunIsRefusedAndItIsSaidWhich() {
    #expect(failure { try resume(seed: 8) }.contains("its seed is 9, not 8"))
    #expect(failure { try resume(batchSize: 5) }.contains("its batch size is 4, not 5"))
    #expect(failure { try resume(tinyImages(count: 9)) }.contains("other data"))
    var configuration = tinyGAN(on: device).configuration
    configuration.generatorUnits = [6, 8]
    let model = DenseGAN(configuration, on: device, seed: 3)
    #expect(failure { try Checkpoint(contentsOf: file).restore(model) }.contains("generatorUnits [6,9], not [6,8]"))
  }

  /// A file of a version that did not know the field.
  @Test(arguments: ["normalization", "noisyLabels"]) func aMissingFieldHasItsDefault(field: String) throws {
    let pattern = try Regex("\"\(field)\":[^,}]+,")
    try rewrite { $0.replacing(pattern, with: "") }
    try resume()
    var configuration = tinyGAN(on: device).configuration
    configuration.normalization = .layer
    configuration.objective.noisyLabels = 0.25
    let model = DenseGAN(configuration, on: device, seed: 3)
    #expect(failure { try Checkpoint(contentsOf: file).restore(model) }.contains("normalization \"batch\", not \"layer\""))
  }

  @Test(arguments: [
    (#""position":\d+"#, #""position":-1"#, "position"), (#""position":\d+"#, #""position":9223372036854775807"#, "position"),
    (#""step":\d+"#, #""step":9223372036854775807"#, "step"), (#""epoch":\d+"#, #""epoch":-5"#, "epoch"),
    (#""iterations":\d+"#, #""iterations":9223372036854775807"#, "iterations"),
    (#""iterations":\d+"#, #""iterations":-4"#, "-4 steps"),
    (#""counter":"\d+""#, #""counter":"-3""#, "counter"),
    (#""counter":"\d+""#, #""counter":"18446744073709551615""#, "counter"), (#""version":2"#, #""version":3"#, "version 3"),
    (#""weight":\d+"#, #""weight":-1"#, "sums"), (#""epoch":\d+"#, #""epoch":1.5"#, "epoch"),
    (#""step":\d+"#, #""step":1,"step":1"#, "step"), (#""position":\d+"#, #""position":8,"extra":1"#, "extra"),
    (#""type":"Adam""#, #""type":"SGD""#, "SGD"), (#""learningRate":[0-9.e-]+"#, #""learningRate":1"#, "learning rate"),
  ])
  func numbersAreNotBelieved(pattern: String, replacement: String, part: String) throws {
    try rewrite { $0.replacingOccurrences(of: pattern, with: replacement, options: .regularExpression) }
    let message = failure { try resume() }
    #expect(message.contains(part) && message.contains("last.safetensors"), "\(message)")
  }

  @Test func aPositionBeyondTheDataIsAnError() throws {
    try rewrite {
      $0.replacingOccurrences(of: #""position":\d+"#, with: #""position":11"#, options: .regularExpression)
    }
    #expect(failure { try resume() }.contains("sample 11 of an epoch, the data set has 10"))
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity]) func weightsThatAreNotFiniteAreRefused(value: Float) throws {
    try rewrite(values: { $0[$0.count - 1] = value })
    let message = failure { try Checkpoint(contentsOf: file).restore(tinyGAN(on: device)) }
    #expect(message.contains("not finite") && message.contains("use another checkpoint"), "\(message)")
    #expect(failure { try resume() }.contains("not finite"))
  }

  @Test func weightsOfAnotherTypeAreRefused() throws {
    let whole = try SafetensorsFile(contentsOf: file)
    var copy = SafetensorsWriter()
    for name in whole.names {
      let floats: [Float] = try whole.values(name)
      if name == "discriminator.layers.1.bias" {
        copy.add(name, floats.map { _ in UInt8(0) }, shape: whole.entries[name]!.shape)
      } else {
        copy.add(name, floats, shape: whole.entries[name]!.shape)
      }
    }
    copy.metadata = whole.metadata
    try copy.write(to: file)
    let message = failure { try Checkpoint(contentsOf: file).restore(tinyGAN(on: device)) }
    #expect(message.contains("discriminator.layers.1.bias") && message.contains("U8"), "\(message)")
  }
}
