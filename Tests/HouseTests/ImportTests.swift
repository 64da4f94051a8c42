// Imports point down: which module may import what, as data.

import Testing
import VarveTestSupport

@Suite("Imports")
struct ImportTests {
  static let libc: Set<String> = ["Glibc", "Musl", "Darwin"]

  static let allowed: [String: Set<String>] = [
    "VarveFormat": ["CVarve", "CLZ4", "CZlib"],
    "VarveStorage": ["VarveFormat", "CVarve", "Crypto", "Synchronization"] + libc,
    "VarveSearch": ["VarveFormat", "CVarve", "Synchronization"],
    "Varve": ["VarveStorage", "VarveSearch", "VarveFormat", "Synchronization"],
    "VarveSources": ["Varve", "VarveFormat", "CSimdjson", "Dispatch", "Synchronization"] + libc,
    "VarveShipping": [
      "Varve", "VarveStorage", "VarveFormat", "CCurl", "Crypto", "CryptoExtras", "Synchronization",
    ],
    "varve": ["Varve", "VarveSources", "VarveShipping", "VarveFormat", "ArgumentParser"]
      + ["Synchronization"] + libc,
  ]

  /// Modules that stay in one file or folder of their target.
  static let homes: [(target: String, module: String, place: String)] =
    [
      ("VarveFormat", "CVarve", "Checksum.swift"),
      ("VarveFormat", "CLZ4", "Compression.swift"),
      ("VarveFormat", "CZlib", "Compression.swift"),
      ("VarveStorage", "Crypto", "Digest.swift"),
      ("VarveStorage", "CVarve", "IO/"),
      ("VarveSearch", "CVarve", "Text/Normalizer.swift"),
      ("VarveSearch", "CVarve", "Pattern/ByteFinder.swift"),
      ("VarveSources", "CSimdjson", "JSON/JSONParser.swift"),
      ("VarveShipping", "CCurl", "S3/CurlTransport.swift"),
      ("VarveShipping", "Crypto", "Encryption/Ciphers.swift"),
      ("VarveShipping", "CryptoExtras", "Encryption/Ciphers.swift"),
    ] + libc.sorted().map { ("VarveStorage", $0, "IO/") }

  static func imports(_ file: SourceFile) -> [String] {
    file.code.compactMap { line in
      let words = line.split(separator: " ")
      guard let at = words.firstIndex(of: "import"), at + 1 < words.count,
        words[..<at].allSatisfy({
          ["public", "package", "internal"].contains($0) || $0.first == "@"
        })
      else { return nil }
      return String(words[at + 1].prefix { $0 != "." })
    }
  }

  @Test("Every target imports only what stands below it")
  func table() throws {
    for file in try SourceTree.files("Sources") {
      let allowed = try #require(Self.allowed[file.target], "\(file.path): a new target")
      for module in Self.imports(file) {
        #expect(allowed.contains(module), "\(file.path) imports \(module)")
        let places = Self.homes.filter { $0.target == file.target && $0.module == module }
          .map { "Sources/\($0.target)/\($0.place)" }
        #expect(
          places.isEmpty || places.contains { file.path.hasPrefix($0) },
          "\(file.path) imports \(module)")
      }
    }
  }
}

extension Set<String> {
  fileprivate static func + (left: Set<String>, right: Set<String>) -> Set<String> {
    left.union(right)
  }
}
