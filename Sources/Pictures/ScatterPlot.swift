/// Points in the plane, colored by class: the latent space of a model, say.
public struct ScatterPlot: Sendable {
  /// Above the plot; nil for none.
  public var title: String?
  /// Below the horizontal axis; nil for none.
  public var horizontalName: String?
  /// Beside the vertical axis, read from bottom to top; nil for none.
  public var verticalName: String?
  /// In pixels: about the size that it is shown at.
  public var width = 640
  /// In pixels.
  public var height = 520

  private let points: [(x: Float, y: Float)]
  private let classes: [Int]?
  private let classNames: [String]?

  /// - Parameters:
  ///   - points: `x` and `y` of each; those that are not finite are left out, and the title says how many.
  ///   - classes: the class of each, from 0 on.
  ///   - classNames: for the legend; numbers if nil.
  public init(_ points: [(x: Float, y: Float)], classes: [Int]? = nil, classNames: [String]? = nil) {
    precondition(
      classes == nil || classes!.count == points.count,
      "\(classes?.count ?? 0) classes for \(points.count) points")
    precondition(classes?.allSatisfy { $0 >= 0 } ?? true, "classes are counted from 0")
    (self.points, self.classes, self.classNames) = (points, classes, classNames)
  }

  /// Draws the plot, in color. The program stops if `width` or `height` leaves less than 50 pixels for the points.
  public func picture() -> Picture {
    let drawn = points.indices.filter { points[$0].x.isFinite && points[$0].y.isFinite }
    let leftOut = points.count - drawn.count
    let note = leftOut == 0 ? nil : "\(leftOut) of \(points.count) points are not finite"
    let present = Set(classes ?? []).sorted()
    var frame = ChartFrame(
      width: width, height: height,
      title: .init(
        title: title == nil && note == nil ? nil : [title, note].compactMap { $0 }.joined(separator: ": "),
        horizontal: horizontalName, vertical: verticalName),
      horizontal: Axis(containing: drawn.lazy.map { Double(points[$0].x) }, marks: 6),
      vertical: Axis(containing: drawn.lazy.map { Double(points[$0].y) }, marks: 6),
      legend: .init(marker: .dot, entries: present.map { (name($0), Color.ofClass($0)) }))
    // Many points are drawn small and thin, so that crowded places still show what lies below.
    let radius: Float = drawn.count > 3000 ? 1.8 : drawn.count > 500 ? 3 : 4
    let opacity: Float = drawn.count > 3000 ? 0.65 : 0.8
    let places = drawn.map { frame.place(Double(points[$0].x), Double(points[$0].y)) }
    frame.draw { canvas in
      for (index, place) in zip(drawn, places) {
        canvas.disc(
          x: place.x, y: place.y, radius: radius, Color.ofClass(classes?[index] ?? 0), opacity: opacity)
      }
    }
    return frame.canvas.picture
  }

  private func name(_ index: Int) -> String {
    if let classNames, index < classNames.count { classNames[index] } else { String(index) }
  }
}
