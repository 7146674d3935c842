import ArgumentParser
import FaceDetection
import Figment
import Files
import Foundation

/// How faces are cropped from pictures, with OpenCV.
struct FaceCropping: ParsableArguments {
  @Option(
    help: """
      Crop the largest face of every picture, with a margin, and leave out pictures without one. Takes a cascade of OpenCV, Haar \
      or LBP, such as haarcascade_frontalface_alt2.xml in /usr/share/opencv4/haarcascades (Debian's opencv-data). Needs a \
      figment that was built with OpenCV.
      """, completion: .file(extensions: ["xml"]))
  var cropFaces: String?

  /// Finds faces, if they are to be cropped.
  func finder() throws -> PictureFinder? {
    guard let cropFaces else { return nil }
    let url = URL(fileURLWithPath: cropFaces), detector = try FaceDetector(cascade: url)
    var print = Fingerprint()
    try InputFile.contents(of: url).withUnsafeBytes { print.add($0) }
    return PictureFinder(name: "faces \(print.text)", missing: "no face was found in it") { try detector.largestFace(in: $0) }
  }
}
