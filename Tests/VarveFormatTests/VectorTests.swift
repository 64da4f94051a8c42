// Checks 1, 2, 3 and 6 of the specification: writer, reader, stranger's answer, every byte matters.

import Foundation
import Testing
import VarveFormat
import VarveTestSupport

@Suite("Vectors")
struct VectorTests {
  static let writing = ProcessInfo.processInfo.environment["VARVE_WRITE_VECTORS"] == "1"

  @Test("The encoders give the bytes of every vector", .requirement("ENV-11", "BTR-13", "MAN-13"))
  func writer() throws {
    for vector in VectorFiles.all + CorruptVectors.all {
      if Self.writing {
        try vector.text.write(toFile: vector.path, atomically: true, encoding: .utf8)
      }
      let stored = try String(contentsOfFile: vector.path, encoding: .utf8)
      #expect(stored == vector.text, "\(vector.name)")
      let parsed = try Vector(parsing: stored, name: vector.name)
      #expect(parsed.bytes == vector.bytes && parsed.structure == vector.structure)
    }
    #expect(try Vector.names() == VectorFiles.all.map(\.name).sorted())
    #expect(try Vector.names(in: "corrupt/") == CorruptVectors.all.map(\.name).sorted())
  }

  @Test(
    "The decoders give what the independent reader gives",
    .requirement("SEG-9", "SEG-10", "SEG-13", "SEG-17", "SEG-33", "MET-1", "COL-1", "FLT-1"),
    .enabled(if: !writing))
  func reader() throws {
    for name in try Vector.names() {
      let vector = try Vector(reading: name)
      let json = try String(contentsOfFile: Vector.folder + name + ".json", encoding: .utf8)
      #expect(try vector.decoded().rendered + "\n" == json, "\(name)")
    }
  }

  @Test(
    "Corrupt vectors give their error",
    .requirement("ENV-3", "ENV-10", "ENV-12", "ENV-13", "ENV-14", "SEG-2", "SEG-3", "SEG-5"),
    .requirement("SEG-6", "SEG-34", "MAN-4", "MAN-6", "MET-4", "MET-5", "MET-6", "BTR-19", "COL-6"),
    .enabled(if: !writing))
  func corrupt() throws {
    var codes: Set<FormatError.Code> = []
    for name in try Vector.names(in: "corrupt/") {
      let vector = try Vector(reading: name)
      do throws(FormatError) {
        _ = try vector.decoded()
        Issue.record("\(name) was accepted")
      } catch {
        codes.insert(error.code)
        #expect("\(error.code)" == vector.setting("error"), "\(name)")
        if let offset = vector.setting("offset") { #expect("\(error.offset)" == offset, "\(name)") }
      }
    }
    #expect(codes == Set(FormatError.Code.allCases), "every code has a vector")
  }

  @Test(
    "Every byte of every vector matters", .requirement("ENV-12", "SEG-2"),
    .enabled(if: !writing))
  func everyByte() throws {
    for name in try Vector.names() {
      var vector = try Vector(reading: name)
      let whole = try vector.decoded().rendered
      let bounds = (vector.setting("void") ?? "").split(separator: "-").compactMap { Int($0) }
      let void = bounds.count == 2 ? bounds[0]..<bounds[1] : 0..<0
      for i in vector.bytes.indices {
        for flip: UInt8 in [0x01, 0x80, 0xFF] {
          vector.bytes[i] ^= flip
          let changed = try? vector.decoded().rendered
          #expect(changed != whole || void.contains(i), "\(name), byte \(i) xor \(flip)")
          vector.bytes[i] ^= flip
        }
      }
    }
  }

  @Test("No cut of a vector traps")
  func everyCut() throws {
    for name in try Vector.names() {
      var vector = try Vector(reading: name)
      let whole = vector.bytes
      for count in stride(from: 0, to: whole.count, by: whole.count > 2000 ? 37 : 1) {
        vector.bytes = Array(whole[..<count])
        _ = try? vector.decoded()
      }
    }
  }
}
