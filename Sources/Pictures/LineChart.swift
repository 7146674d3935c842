/// Curves over a common axis: losses by epoch, say.
public struct LineChart: Sendable {
  public struct Series: Sendable {
    public let name: String
    public let points: [(x: Double, y: Double)]

    /// A value that is not finite interrupts the line.
    public init(_ name: String, _ points: [(x: Double, y: Double)]) { (self.name, self.points) = (name, points) }
  }

  public var title: String?
  public var horizontalName: String?
  public var verticalName: String?
  /// In pixels: about the size that it is shown at.
  public var width = 560
  public var height = 360

  private let series: [Series]

  public init(_ series: [Series]) { self.series = series }

  public func picture() -> Picture {
    let all = series.flatMap(\.points)
    var frame = ChartFrame(
      width: width, height: height,
      title: .init(title: title, horizontal: horizontalName, vertical: verticalName),
      horizontal: Axis(
        containing: all.lazy.map(\.x), wholeNumbers: all.allSatisfy { $0.x == $0.x.rounded() }, marks: 5),
      vertical: Axis(containing: all.lazy.map(\.y), marks: 6),
      legend: .init(marker: .line, entries: series.indices.map { (series[$0].name, Color.ofClass($0)) }))
    // Where points are few, each is shown, and a single one is seen at all.
    let showsPoints = series.allSatisfy { $0.points.count <= 40 }
    for (index, series) in series.enumerated() {
      let color = Color.ofClass(index)
      let places = series.points.map { $0.x.isFinite && $0.y.isFinite ? frame.place($0.x, $0.y) : nil }
      frame.draw { canvas in
        for (start, end) in zip(places, places.dropFirst()) {
          if let start, let end { canvas.line(from: start, to: end, width: 3.5, color) }
        }
        for place in places where showsPoints {
          if let place { canvas.disc(x: place.x, y: place.y, radius: 5, color) }
        }
      }
    }
    return frame.canvas.picture
  }
}
