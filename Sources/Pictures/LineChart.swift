/// Curves over a common axis: losses by epoch, say.
public struct LineChart: Sendable {
  /// One curve, and its name in the legend.
  public struct Series: Sendable {
    /// Stands in the legend above the chart.
    public let name: String
    /// Joined in this order.
    public let points: [(x: Double, y: Double)]

    /// A value that is not finite interrupts the line.
    public init(_ name: String, _ points: [(x: Double, y: Double)]) { (self.name, self.points) = (name, points) }
  }

  /// Above the chart; nil for none.
  public var title: String?
  /// Below the horizontal axis; nil for none.
  public var horizontalName: String?
  /// Beside the vertical axis, read from bottom to top; nil for none.
  public var verticalName: String?
  /// In pixels: about the size that it is shown at.
  public var width = 560
  /// In pixels.
  public var height = 360

  private let series: [Series]

  /// - Parameter series: Colored in this order.
  public init(_ series: [Series]) { self.series = series }

  /// Draws the chart, in color. The program stops if `width` or `height` leaves less than 50 pixels for the curves.
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
