import Datasets
import Foundation
import Interchange
import Models
import Pictures

/// Writes what the model has learnt as pictures after every epoch: `epoch-0003-manifold.png`, and the loss
/// curves so far as `losses.png`.
public final class SamplePictures: Callback {
  private let images: ImageDataset
  private let folder: URL
  private let events: TensorBoardLog?
  private var history: [EpochRecord] = []

  /// - Parameters:
  ///   - images: Images that the model is not trained on.
  ///   - events: Where to show the pictures as well.
  public init(of images: ImageDataset, folder: URL, events: TensorBoardLog? = nil) {
    (self.images, self.folder, self.events) = (images, folder, events)
  }

  public override func epochEnded(_ trainer: Trainer, _ record: EpochRecord) throws {
    for picture in try trainer.model.pictures(of: images) {
      let name = String(format: "epoch-%04d-\(picture.name).png", record.epoch)
      try picture.picture.write(to: folder.appendingPathComponent(name))
      try events?.add(picture.picture, named: picture.name, step: record.step)
    }
    history.append(record)
    if history.count > 1 { try lossCurves().write(to: folder.appendingPathComponent("losses.png")) }
  }

  /// The epochs of this run of the program; `metrics.csv` has all.
  private func lossCurves() -> Picture {
    func series(_ name: String, _ value: (EpochRecord) -> Double?) -> LineChart.Series {
      .init(name, history.compactMap { record in value(record).map { (Double(record.epoch), $0) } })
    }
    let all = [
      series("training") { $0.training.first?.value }, series("validation") { $0.validation?.first?.value },
    ]
    var chart = LineChart(all.filter { !$0.points.isEmpty })
    chart.title = "Loss by epoch"
    chart.horizontalName = "epoch"
    chart.verticalName = "loss"
    return chart.picture()
  }
}

/// Writes losses and pictures for TensorBoard: `events.out.tfevents.…` in the run's folder.
public final class TensorBoardLog: Callback {
  private let folder: URL
  private var writer: TensorBoardWriter?

  public init(folder: URL) { self.folder = folder }

  public override func trainingBegan(_ trainer: Trainer) throws { writer = try TensorBoardWriter(folder: folder) }

  public override func epochEnded(_ trainer: Trainer, _ record: EpochRecord) throws {
    for (group, means) in [("training", record.training), ("validation", record.validation ?? [])] {
      for mean in means { try writer?.add(Float(mean.value), named: "\(group)/\(mean.name)", step: record.step) }
    }
  }

  func add(_ picture: Picture, named name: String, step: Int) throws {
    try writer?.add(picture, named: name, step: step)
  }
}
