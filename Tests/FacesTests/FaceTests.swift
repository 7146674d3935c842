import Pictures
import Testing

@testable import Faces

/// Drawn people: the same each time, others for other numbers, and older with the years.
@Suite struct FaceTests {
  /// The mean difference of two pictures' bytes.
  private func distance(_ first: Picture, _ second: Picture) -> Double {
    let sum = zip(first.pixels, second.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    return Double(sum) / Double(first.pixels.count)
  }

  private func drawn(_ person: Int, age: Int, view: FaceView = FaceView()) -> Picture {
    Face(identity: FaceIdentity(seed: 5, number: person), age: age, view: view).drawn()
  }

  @Test func theSameFaceIsTheSamePicture() {
    let faces = FaceCollection(seed: 3)
    for index in [0, 1, 17, 1 << 39] {
      #expect(faces[index] == FaceCollection(seed: 3)[index])
      #expect(faces[index].drawn() == faces[index].drawn())
      #expect(faces[index].drawn() != faces[index + 1].drawn())
      #expect(faces[index].drawn() != FaceCollection(seed: 4)[index].drawn())
    }
  }

  /// People of one part are none of the other, whatever their number.
  @Test func thePartsHaveOtherPeople() {
    let training = FaceCollection(seed: 1), validation = FaceCollection(seed: 1, part: .validation)
    let people = Set((0..<2000).map { training[$0].identity })
    #expect(people.count == 2000 / FaceCollection.facesOfOne)
    #expect(people.isDisjoint(with: (0..<2000).map { validation[$0].identity }))
    #expect(Set(people.map(\.number)).isDisjoint(with: (0..<2000).map { validation[$0].identity.number }))
    #expect(validation[0].identity.number > training[(1 << 40) - 1].identity.number)
  }

  /// Four faces of one person are of different groups; all groups and both sexes are equally frequent, all ages there.
  @Test func agesAndSexesAreSpread() {
    let faces = (0..<6000).map { FaceCollection(seed: 1)[$0] }
    for start in stride(from: 0, to: 400, by: 4) {
      #expect(Set(faces[start..<start + 4].map(\.ageGroup)).count == 4)
      #expect(Set(faces[start..<start + 4].map(\.identity)).count == 1)
      #expect(Set(faces[start..<start + 4].map(\.view)).count == 4)
    }
    for group in AgeGroup.allCases { #expect((900...1100).contains(faces.count { $0.ageGroup == group })) }
    #expect((2700...3300).contains(faces.count { $0.identity.isMale }))
    #expect(Set(faces.map(\.age)) == Set(Face.ages))
  }

  @Test func groupsAreThoseOfThePaper() {
    let edges = [(1, 0), (18, 0), (19, 1), (29, 1), (30, 2), (39, 2), (40, 3), (49, 3), (50, 4), (59, 4), (60, 5), (90, 5)]
    for (age, group) in edges { #expect(AgeGroup(age: age).rawValue == group, "\(age)") }
    #expect(AgeGroup.allCases.map(\.ages) == [1...18, 19...29, 30...39, 40...49, 50...59, 60...90])
  }

  /// Every ten years change a face; and more years change it more.
  @Test func yearsShow() {
    for person in 0..<20 {
      let pictures = [5, 15, 25, 35, 45, 55, 65].map { drawn(person, age: $0) }
      for (younger, older) in zip(pictures, pictures.dropFirst()) { #expect(distance(younger, older) > 0.6, "person \(person)") }
      #expect(distance(pictures[2], pictures[6]) > distance(pictures[2], pictures[3]))
    }
  }

  /// What is no age changes a face too, each on its own: who it is, pose, light, expression, glasses, clothes, background.
  @Test func otherThingsShowToo() {
    let plain = drawn(0, age: 30)
    var views = [FaceView](repeating: FaceView(), count: 8)
    views[0].turn = 0.3
    views[1].tilt = 0.15
    views[2].roll = 0.15
    views[3].light = SIMD3(0.6, -0.2, 0.77)
    views[4].smile = 1
    views[5].glasses = .square
    views[6].clothing = .turtleneck
    views[7].background = .outdoors
    for (index, view) in views.enumerated() { #expect(distance(plain, drawn(0, age: 30, view: view)) > 0.2, "view \(index)") }
    for person in 1..<20 { #expect(distance(plain, drawn(person, age: 30)) > 2, "person \(person)") }
  }

  /// With the same view a person at two neighbouring ages is nearer to itself than to others: who it is does not change.
  @Test func peopleStayThemselves() {
    let people = 40
    let young = (0..<people).map { drawn($0, age: 22) }, later = (0..<people).map { drawn($0, age: 28) }
    let recognized = (0..<people).count { person in
      (0..<people).min { distance(young[person], later[$0]) < distance(young[person], later[$1]) } == person
    }
    #expect(recognized > people * 9 / 10, "\(recognized) of \(people)")
  }

  @Test(arguments: [16, 33, 64, 128]) func everySizeShowsTheSame(size: Int) {
    let face = FaceCollection(seed: 1)[5], large = face.drawn(size: 256).resized(width: size, height: size, by: .box)
    let small = face.drawn(size: size)
    #expect(small.width == size && small.height == size && small.channels == 3)
    #expect(distance(small, large) < 8)
  }

  /// Nothing a program can set makes it stop.
  @Test func extremesAreDrawn() {
    var view = FaceView()
    (view.turn, view.tilt, view.roll, view.scale, view.shift) = (9, -9, 9, 0, SIMD2(5, -5))
    (view.smile, view.openMouth, view.gaze) = (9, 9, SIMD2(9, -9))
    (view.exposure, view.frame) = (50, 7)
    view.light = SIMD3(0, 0, -1)
    for age in [1, 90] { #expect(drawn(1, age: age, view: view).pixels.count == 64 * 64 * 3) }
    let shades = FaceCollection(seed: 2)[0].drawn().pixels
    #expect(shades.min()! < 60 && shades.max()! > 120)
  }

  @Test func datesGiveTheAgeBack() {
    for index in 0..<2000 {
      let face = FaceCollection(seed: 9)[index], born = face.identity.birthDate
      let sinceBirth: Int = face.yearTaken - born.year, late: Int = born.month >= 7 ? 1 : 0
      #expect(sinceBirth - late == face.age)
      #expect((1895...1925).contains(born.year) && face.yearTaken <= 2016)
    }
    let box = FaceCollection(seed: 9)[0].box(size: 64)
    #expect((0..<20).contains(box.left) && (0..<20).contains(box.top))
    #expect((45...64).contains(box.right) && (45...64).contains(box.bottom))
  }
}
