import ArgumentParser
import FaceDetection
import Figment
import Files
import Foundation

/// How faces are taken from pictures: by where their eyes are known to be, or by OpenCV.
struct FaceCropping: ParsableArguments {
  @Option(
    help: """
      Crop the largest face of every picture, with a margin, and leave out pictures without one. Takes a cascade of OpenCV, Haar \
      or LBP, such as haarcascade_frontalface_alt2.xml in /usr/share/opencv4/haarcascades (Debian's opencv-data). Needs a \
      figment that was built with OpenCV.
      """, completion: .file(extensions: ["xml"]))
  var cropFaces: String?

  @Option(
    help: """
      Turn and scale every picture so that its eyes lie where the face network of age-cgan expects them, and leave out pictures \
      whose eyes are unknown. Takes a table with commas whose first column is the file, and others lefteye_x, lefteye_y, \
      righteye_x and righteye_y, in pixels, as CelebA's.
      """, completion: .file(extensions: ["csv"]))
  var landmarks: String?

  /// The option that says what is used of each picture.
  var given: String? { cropFaces != nil ? "--crop-faces" : landmarks != nil ? "--landmarks" : nil }

  func validate() throws {
    if cropFaces != nil, landmarks != nil {
      throw ValidationError("Give --crop-faces or --landmarks, not both: each says which part of a picture is used.")
    }
  }

  /// Finds faces, if they are to be found.
  func finder() throws -> PictureFinder? {
    if let landmarks { return try EyeLandmarks(contentsOf: URL(fileURLWithPath: landmarks)).finder }
    guard let cropFaces else { return nil }
    let url = URL(fileURLWithPath: cropFaces), detector = try FaceDetector(cascade: url)
    var print = Fingerprint()
    try InputFile.contents(of: url).withUnsafeBytes { print.add($0) }
    return PictureFinder(name: "faces \(print.text)", missing: "no face was found in it") { try detector.largestFace(in: $0) }
  }
}
