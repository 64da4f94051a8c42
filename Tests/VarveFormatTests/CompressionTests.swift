// Compression that cannot grow past its stated size, and JSON strings as bytes.

import Testing
import VarveFormat
import VarveTestSupport

@Suite("Compression and strings")
struct CompressionTests {
  static let kinds: [CompressionKind] = [.none, .lz4, .zlib]

  @Test("Payloads come back; what would not shrink stays", .requirement("ENV-8", "ENV-9", "ENV-10"))
  func roundTrips() throws {
    var random = SplitMix64(seed: 11)
    for kind in Self.kinds {
      for count in [0, 1, 10, 100, 5000] {
        for raw in [random.bytes(count), [UInt8](repeating: 7, count: count)] {
          var stored: [UInt8] = [1, 2]
          let used = Compression.compress(raw.rawSpan, kind: kind, appendingTo: &stored)
          #expect(Array(stored[..<2]) == [1, 2])
          let part = stored.rawSpan.extracting(2..<stored.count)
          #expect(used == .none ? part.byteCount == count : part.byteCount < count)
          #expect(try Compression.decompress(part, kind: used, byteCount: count) == raw)
        }
      }
    }
  }

  @Test("A wrong size is an error, and a bomb is not unpacked", .requirement("ENV-10", "SEG-5"))
  func bombs() throws {
    let raw = [UInt8](repeating: 0, count: 1 << 20)
    for kind in [CompressionKind.lz4, .zlib] {
      var stored: [UInt8] = []
      #expect(Compression.compress(raw.rawSpan, kind: kind, appendingTo: &stored) == kind)
      for count in [1, raw.count - 1, raw.count + 1] {
        #expect(throws: FormatError(.decompressionFailed, at: 0)) {
          try Compression.decompress(stored.rawSpan, kind: kind, byteCount: count)
        }
      }
      for count in [-1, 80 << 20 + 1, Int.max] {
        #expect(throws: FormatError(.outOfBounds, at: 0)) {
          try Compression.decompress(stored.rawSpan, kind: kind, byteCount: count)
        }
      }
    }
    #expect(throws: FormatError(.inconsistent, at: 0)) {
      try Compression.decompress([1, 2].rawSpan, kind: .none, byteCount: 1)
    }
  }

  private func unescape(_ text: String) throws -> [UInt8] {
    var output: [UInt8] = []
    try JSONString.unescape(Array(text.utf8).rawSpan, appendingTo: &output)
    return output
  }

  @Test("Escapes become bytes; lone surrogates keep three", .requirement("CON-1"))
  func escapes() throws {
    let cases: [(String, [UInt8])] = [
      ("", []), ("plain é", Array("plain é".utf8)),
      (#"\"\\\/\b\f\n\r\t"#, [0x22, 0x5C, 0x2F, 8, 12, 10, 13, 9]),
      (#"\u0041\u00e9\u20AC"#, Array("A\u{E9}\u{20AC}".utf8)),
      (#"\ud83d\uDE00"#, Array("\u{1F600}".utf8)),
      (#"\uD800"#, [0xED, 0xA0, 0x80]), (#"\uDFFF"#, [0xED, 0xBF, 0xBF]),
      (#"\uD83Dx"#, [0xED, 0xA0, 0xBD, 0x78]),
      (#"\uDE00\uD83D"#, [0xED, 0xB8, 0x80, 0xED, 0xA0, 0xBD]),
      (#"\uD83D\uD83D\uDE00"#, [0xED, 0xA0, 0xBD, 0xF0, 0x9F, 0x98, 0x80]),
      (#"\uD83D\n"#, [0xED, 0xA0, 0xBD, 0x0A]), (#"\u0000"#, [0]),
    ]
    for (escaped, bytes) in cases { #expect(try unescape(escaped) == bytes, "\(escaped)") }
    for bad in [#"\"#, #"\x"#, #"\u12"#, #"\u12G4"#, #"\uD800\u12"#] {
      #expect(throws: FormatError.self, "\(bad)") { try unescape(bad) }
    }
  }

  @Test("What is valid unescapes, and nothing else", .requirement("CON-1"))
  func validity() {
    var random = SplitMix64(seed: 12)
    let alphabet = Array(#"\\\\uu"nDd89AfF0x/"#.utf8)
    for _ in 0..<5000 {
      let bytes = (0..<random.below(16)).map { _ in alphabet[random.below(alphabet.count)] }
      var output: [UInt8] = []
      let unescapes =
        (try? JSONString.unescape(bytes.rawSpan, appendingTo: &output)) != nil
      #expect(JSONString.isValid(bytes.rawSpan) == unescapes)
    }
  }
}
