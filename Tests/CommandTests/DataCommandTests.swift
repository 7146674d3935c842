import Foundation
import Testing

/// A user's own pictures, from the folder to a trained model.
@Suite struct DataCommandTests {
  private let place: Workplace

  init() throws {
    place = try Workplace()
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "PicturesTests/Fixtures")
    for (name, folder) in [
      ("color.jpg", "warm"), ("progressive.jpg", "warm"), ("turned-6.jpg", "cold"), ("palette-16.png", "cold"),
      ("color-alpha.png", "cold"), ("print.jpg", "warm"), ("profile.jpg", "warm"),
    ] {
      let to = place.path("photos/\(folder)/\(name)")
      try FileManager.default.createDirectory(at: to.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: fixtures.appending(path: name), to: to)
    }
    try Data("no picture".utf8).write(to: place.path("photos/warm/broken.jpg"))
  }

  /// Of a cascade that is not there, or cannot be used by a command that was built without OpenCV.
  private var cascadeProblem: String {
    #if OpenCV
      "c.xml: there is no such file"
    #else
      "this figment was built without OpenCV, which finds faces; install"
    #endif
  }

  private func figment(_ arguments: String...) throws -> Figment.Outcome { try Figment.run(arguments, in: place.url) }

  @Test func aFolderIsShown() throws {
    let shown = try figment("data", "show", "photos", "--output", "sheet.png")
    #expect(shown.status == 0, "\(shown.errors)")
    for words in [
      "pictures: 7 (2 PNG, 5 JPEG)", "classes: 2 (cold 3, warm 4)", "note: 1 picture has a color profile, which is not applied",
      "cannot be read: 1\n  warm/broken.jpg: it is no picture; PNG and JPEG are read", "look alike: 1 group",
    ] { #expect(shown.output.contains(words), "\(words): \(shown.output)") }
    #expect(place.exists("sheet.png") && shown.output.hasSuffix("sheet.png\n"))
  }

  @Test func aFolderIsPreparedAndTrainedOn() throws {
    let prepared = try figment("data", "prepare", "photos", "p.safetensors", "--size", "16")
    #expect(prepared.status == 0 && prepared.output == "p.safetensors\n", "\(prepared.errors)")
    #expect(prepared.errors.contains("prepared 7 images of 16×16×3 in 2 classes in "))
    #expect(prepared.errors.contains("warm/broken.jpg is left out: it is no picture; PNG and JPEG are read"))
    let again = try figment("data", "prepare", "photos", "p.safetensors", "--size", "16")
    #expect(again.status == 2 && again.errors.contains("p.safetensors is there already; replace it with --overwrite"))
    let shown = try figment("data", "show", "p.safetensors")
    #expect(shown.output == "images: 7\nsizes: all 16×16, 3 channels\nclasses: 2 (cold 3, warm 4)\n")

    for data in ["p.safetensors", "photos"] {
      let run = "run-\(data)"
      let trained = try figment(
        "train", "gan", "--data", data, "--size", "16x16x3", "--flip", "--validation-fraction", "0.3", "--batch-size", "2",
        "--iterations", "3", "--device", "cpu", "--seed", "1", "--output", run)
      #expect(trained.status == 0, "\(data): \(trained.errors)")
      #expect(trained.errors.contains("5 samples, 2 for validation"))
      let resumed = try figment("train", "--resume", run, "--iterations", "4", "--device", "cpu")
      #expect(resumed.status == 0 && resumed.errors.contains("resuming after step 3"), "\(data): \(resumed.errors)")
      let flipped = try figment("train", "--resume", run, "--iterations", "4", "--crop", "fit")
      #expect(flipped.status == 2 && flipped.errors.contains("--crop cannot change in a resumed run"))
    }
    let other = try figment("train", "gan", "--data", "p.safetensors", "--size", "24", "--iterations", "1", "--output", "other")
    #expect(other.status == 1 && other.errors.contains("p.safetensors has images [16, 16, 3], and the model takes [24, 24, 1]"))
  }

  @Test func facesAreDrawn() throws {
    let made = try figment("data", "make", "faces", "people", "--count", "12", "--seed", "3", "--size", "16")
    #expect(made.status == 0 && made.output == "people\n" && made.errors.contains("drew 12 faces in "), "\(made.errors)")
    #expect(place.exists("people/11") && place.exists("people/wiki.mat"))
    let again = try figment("data", "make", "faces", "people", "--count", "12")
    #expect(again.status == 1 && again.errors.contains("it is there and not empty; give another name, or remove it"))
    let shown = try figment("data", "show", "faces", "--output", "faces.png")
    #expect(shown.output.hasPrefix("images: 10000, and 1000 for validation\nsizes: all 64×64, 3 channels\nclasses: 6 (0-18 "))
    #expect(place.exists("faces.png"))
    let trained = try figment(
      "train", "gan", "--data", "faces", "--size", "16x16x3", "--batch-size", "2", "--iterations", "2", "--device", "cpu",
      "--output",
      "run")
    #expect(trained.status == 0, "\(trained.errors)")
  }

  @Test(arguments: [
    (["--count", "0"], "--count must be a whole number from 1 to 1000000, not 0"),
    (["--count=-3"], "--count must be a whole number from 1 to 1000000, not -3"),
    (["--count", "99999999999"], "--count must be a whole number from 1 to 1000000, not 99999999999"),
    (["--count", "1e3"], "--count"), ([], "--count"), (["--count", "5", "--seed=-1"], "--seed"),
    (["--count", "5", "--size", "15"], "--size must be a whole number from 16 to 1024, not 15"),
    (["--count", "5", "--size", "2000"], "--size must be a whole number from 16 to 1024, not 2000"),
  ]) func facesThatCannotBeDrawnAreRefused(arguments: [String], words: String) throws {
    let outcome = try Figment.run(["data", "make", "faces", "x"] + arguments, in: place.url)
    #expect(outcome.status == 2 && outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
    #expect(!place.exists("x"))
  }

  @Test func foldersThatCannotBeWrittenAreNamed() throws {
    for (folder, words) in [
      ("photos/warm/broken.jpg", "a file of that name is in the way"),
      ("photos/warm/broken.jpg/x", "broken.jpg: a file of that name is in the way"),
      ("/proc/faces", "cannot create folder /proc/faces"),
    ] {
      let outcome = try figment("data", "make", "faces", folder, "--count", "5")
      #expect(outcome.status == 1 && outcome.errors.contains(words), "\(folder): \(outcome.errors)")
    }
    let other = try figment("data", "make", "people", "x", "--count", "5")
    #expect(other.status == 2 && other.errors.contains("faces"))
  }

  /// Faces are turned by where a table says that their eyes are.
  @Test func facesAreAlignedByTheirEyes() throws {
    try Data(
      """
      image_id,lefteye_x,lefteye_y,righteye_x,righteye_y,nose_x,nose_y
      warm/color.jpg,5,6,12,8,9,9
      profile.jpg, 4.5, 6, 11, 5, 8, 9
      gone.jpg,1,2,3,4,5,6

      """.utf8
    ).write(to: place.path("eyes.csv"))
    let prepared = try figment("data", "prepare", "photos", "p.safetensors", "--size", "16", "--landmarks", "eyes.csv")
    #expect(prepared.status == 0 && prepared.errors.contains("prepared 2 images of 16×16×3"), "\(prepared.errors)")
    #expect(prepared.errors.contains("warm/print.jpg is left out: ") && prepared.errors.contains("does not say where its eyes are"))
    for (table, words) in [
      ("file,left_eye_x,left_eye_y,right_eye_x\na,1,2,3", "eyes.csv, line 1: no column of the table is righteye_y"),
      ("f,left_eye_x,left_eye_y,right_eye_x,right_eye_y\na,1,2,3", "line 2: it has 4 columns, the first line 5"),
      ("f,lefteye_x,lefteye_y,righteye_x,righteye_y\na,1,2,3,x", "line 2: “x” is no number of pixels"),
      ("f,lefteye_x,lefteye_y,righteye_x,righteye_y\na,1,2,1,2", "line 2: its eyes lie in one place"),
      ("f,lefteye_x,lefteye_y,righteye_x,righteye_y\n", "no line with a file and its eyes follows"),
    ] {
      try Data(table.utf8).write(to: place.path("eyes.csv"))
      let outcome = try figment("data", "prepare", "photos", "x", "--size", "16", "--landmarks", "eyes.csv")
      #expect(outcome.status == 1 && outcome.errors.contains(words), "\(outcome.errors)")
    }
  }

  @Test func shapesAreShownAndPrepared() throws {
    let corner = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"
    for (name, text) in [("corner/a.obj", corner), ("corner/b.obj", corner), ("bad/c.obj", "v 0 0 0\n"), ("bad/d.obj", corner)] {
      let url = place.path("meshes/\(name)")
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    let shown = try figment("data", "show", "meshes", "--output", "sheet.png")
    #expect(shown.status == 0, "\(shown.errors)")
    for words in [
      "files: 4 (4 .obj)", "volumes: 3\nsize: 32×32×32 voxels\nclasses: 2 (bad 1, corner 2)\nfull voxels: ", "in several pieces: 0",
      "cannot be read: 1\n  bad/c.obj: end: there are 1 vertices, but no faces",
    ] { #expect(shown.output.contains(words), "\(words): \(shown.output)") }
    #expect(place.exists("sheet.png"))
    let prepared = try figment("data", "prepare", "meshes", "s.safetensors", "--voxels", "16", "--fill", "surface")
    #expect(prepared.status == 0 && prepared.output == "s.safetensors\n", "\(prepared.errors)")
    #expect(prepared.errors.contains("prepared 3 volumes of 16×16×16 in 2 classes in "))
    let read = try figment("data", "show", "s.safetensors")
    #expect(read.output.hasPrefix("volumes: 3\nsize: 16×16×16 voxels\nclasses: 2 (bad 1, corner 2)\n"), "\(read.output)")
  }

  @Test func whatCannotBeMeantIsSaid() throws {
    for (arguments, words) in [
      (["data", "show", "nowhere"], "there is no data set and no folder “nowhere”"),
      (["data", "prepare", "photos", "x", "--size", "0"], "--size"),
      (["data", "prepare", "sprites", "x", "--size", "8"], "“sprites” is a data set, which --data takes by its name"),
      (["data", "prepare", "photos", "x"], "Give --size for pictures, or --voxels for shapes."),
      (["data", "prepare", "photos", "x", "--size", "8", "--voxels", "8"], "not both"),
      (["data", "prepare", "photos", "x", "--size", "8", "--up", "z"], "--up is for shapes"),
      (["data", "prepare", "photos", "x", "--voxels", "3"], "--voxels is 3; it must lie between 4 and 512."),
      (["data", "prepare", "photos", "x", "--voxels", "32"], "none of which is a volume or mesh"),
      (["data", "prepare", "photos", "x", "--size", "8", "--crop", "fit", "--crop-faces", "c.xml"], "--crop fit means nothing"),
      (["data", "prepare", "photos", "x", "--size", "8", "--crop-faces", "c.xml"], cascadeProblem),
      (["data", "prepare", "photos", "x", "--size", "8", "--crop-faces", "c.xml", "--landmarks", "e.csv"], "not both"),
      (["data", "prepare", "photos", "x", "--size", "8", "--crop", "random"], "prepare larger images"),
      (["data", "prepare", "data", "x", "--size", "8"], "holds 4 files, none of which is a PNG or JPEG picture"),
      (["train", "gan", "--data", "photos", "--size", "8x8x2"], "--size"),
    ] {
      let outcome = try Figment.run(arguments, in: place.url)
      #expect(outcome.status != 0 && outcome.status < 3 && outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
      #expect(!place.exists("x"))
    }
  }
}
