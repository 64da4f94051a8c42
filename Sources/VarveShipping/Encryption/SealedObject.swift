// An object as an encrypted target has it: a header that says which object it is and how long, then
// chunks that each say by their tag whether they are what and where they were. After the STREAM
// construction of V. T. Hoang, R. Reyhanitabar, P. Rogaway and D. Vizar, "Online
// Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance" (CRYPTO 2015). Chapter 7, SHP-11
// to SHP-14.

import Varve
import VarveFormat

/// Encrypts and decrypts one object.
struct SealedObject {
  /// Bytes of text in a chunk, but for the last one.
  static let chunkByteCount = 256 << 10
  static let headerByteCount = FileHeader.byteCount + 32
  private static let sealedChunkByteCount = chunkByteCount + Ciphers.tagByteCount

  let byteCount: UInt64
  private let header: [UInt8]
  private let key: [UInt8]

  /// - Parameters:
  ///   - key: the key of the object in the target.
  ///   - id: what the object is; equal ids are of equal bytes.
  ///   - byteCount: bytes of the text.
  init(_ keys: BackupKeys, key name: String, id: ContentHash, byteCount: UInt64) {
    self.byteCount = byteCount
    var writer = ByteWriter(reserving: Self.headerByteCount)
    FileHeader(kind: .sealedObject, number: byteCount, storeID: keys.ringID).write(to: &writer)
    id.write(to: &writer)
    header = writer.bytes
    // A key of its own for each name, and no name is used for two uploads: a chunk's number is
    // enough of a nonce, and sending a part of an upload again gives the same bytes.
    key = Ciphers.derive(keys.data, salt: id.bytes, purpose: "varve object " + name)
  }

  /// Bytes of a text of a length when it is encrypted.
  static func sealedByteCount(_ byteCount: UInt64) -> UInt64 {
    UInt64(headerByteCount) + byteCount + chunkCount(byteCount) * UInt64(Ciphers.tagByteCount)
  }

  /// An empty text has a chunk too, so that nothing is not the same as what was cut off.
  private static func chunkCount(_ byteCount: UInt64) -> UInt64 {
    let (whole, rest) = byteCount.quotientAndRemainder(dividingBy: UInt64(chunkByteCount))
    return max(1, rest == 0 ? whole : whole + 1)
  }

  /// Where a chunk starts in the encrypted object, or where the object ends.
  static func offset(ofChunk number: Int, _ byteCount: UInt64) -> UInt64 {
    min(
      UInt64(headerByteCount) + UInt64(number) * UInt64(sealedChunkByteCount),
      sealedByteCount(byteCount))
  }

  /// The text of neighbouring chunks, which is authentic, of this object and from this place; nil
  /// if it is not.
  func open(_ sealed: [UInt8], fromChunk first: Int) -> [UInt8]? {
    var text: [UInt8] = []
    text.reserveCapacity(sealed.count)
    var number = UInt64(first)
    var at = 0
    while at < sealed.count {
      let end = min(sealed.count, at + Self.sealedChunkByteCount)
      guard number < Self.chunkCount(byteCount),
        let plain = Ciphers.open(sealed[at..<end], key: key, nonce: nonce(number), with: header)
      else { return nil }
      text += plain
      at = end
      number += 1
    }
    return text
  }

  private func nonce(_ number: UInt64) -> [UInt8] {
    let isLast = number + 1 == Self.chunkCount(byteCount)
    let counter = (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
    return [isLast ? 1 : 0, 0, 0, 0] + counter
  }

  /// Gives pieces of the encrypted object for pieces of the text.
  struct Sealer {
    private let object: SealedObject
    private var rest: [UInt8] = []
    private var number: UInt64 = 0
    private var didStart = false
    private var isAtEnd = false

    init(_ object: SealedObject) { self.object = object }

    /// The next piece; empty at the end.
    ///
    /// - Throws: ``StoreError``: `damaged` if the text is not as long as it was said to be; what
    ///   the closure throws.
    mutating func next(_ piece: () throws -> [UInt8]) throws -> [UInt8] {
      guard !isAtEnd else { return [] }
      var output: [UInt8] = didStart ? [] : object.header
      didStart = true
      let total = chunkCount(object.byteCount)
      while output.count < 4 * sealedChunkByteCount, number < total {
        let wanted = min(
          UInt64(chunkByteCount), object.byteCount - number * UInt64(chunkByteCount))
        while rest.count < Int(wanted) {
          let more = try piece()
          guard !more.isEmpty else { throw Self.wrongLength() }
          rest += more
        }
        let count = Int(wanted)
        output += try Ciphers.seal(
          rest[..<count], key: object.key, nonce: object.nonce(number), with: object.header)
        rest.removeFirst(count)
        number += 1
      }
      if number == total {
        // The end of the text must be where it was said to be.
        guard rest.isEmpty, try piece().isEmpty else { throw Self.wrongLength() }
        isAtEnd = true
      }
      return output
    }

    private static func wrongLength() -> StoreError {
      StoreError(.damaged, detail: "an object is not as long as it was said to be; not shipped")
    }
  }

  /// Reads an encrypted object piece by piece and gives its text.
  struct Opener {
    private let keys: BackupKeys
    private let key: String
    private let id: ContentHash?
    private let idPrefix: String?
    private var object: SealedObject?
    private var rest: [UInt8] = []
    private var number: UInt64 = 0

    /// - Parameters:
    ///   - key: the key of the object in the target.
    ///   - id: which object it must be; nil if only the beginning of its id is known.
    ///   - idPrefix: the first digits of its id.
    init(_ keys: BackupKeys, key: String, id: ContentHash?, idPrefix: String? = nil) {
      self.keys = keys
      self.key = key
      self.id = id
      self.idPrefix = idPrefix
    }

    /// The text of more bytes; what is given was authentic, at its place, of this object.
    mutating func open(_ bytes: [UInt8]) throws -> [UInt8] {
      rest += bytes
      if object == nil {
        guard rest.count >= headerByteCount else { return [] }
        object = try header()
        rest.removeFirst(headerByteCount)
      }
      guard let object else { return [] }
      var text: [UInt8] = []
      let total = chunkCount(object.byteCount)
      var at = 0
      while number < total {
        let left = object.byteCount - number * UInt64(chunkByteCount)
        let count = Int(min(UInt64(chunkByteCount), left)) + Ciphers.tagByteCount
        guard rest.count - at >= count else { break }
        guard
          let plain = Ciphers.open(
            rest[at..<(at + count)], key: object.key, nonce: object.nonce(number),
            with: object.header)
        else { throw Self.damaged("chunk \(number) was changed, or the key is another") }
        text += plain
        at += count
        number += 1
      }
      rest.removeFirst(at)
      guard number < total || rest.isEmpty else { throw Self.damaged("bytes behind its end") }
      return text
    }

    /// Whether all of it was there.
    func finish() throws {
      guard let object, number == chunkCount(object.byteCount), rest.isEmpty else {
        throw Self.damaged("it ends too early")
      }
    }

    private func header() throws -> SealedObject {
      let header: FileHeader
      do throws(FormatError) {
        header = try FileHeader(rest.rawSpan, expecting: .sealedObject)
      } catch {
        throw Self.damaged("its header: \(error.code)")
      }
      guard header.storeID == keys.ringID else {
        throw Self.damaged("it is encrypted under other keys")
      }
      let found = ContentHash(rest.rawSpan.extracting(FileHeader.byteCount..<headerByteCount))
      guard id.map({ $0 == found }) ?? true, idPrefix.map("\(found)".hasPrefix) ?? true else {
        throw Self.damaged("it is another object under this name")
      }
      return SealedObject(keys, key: key, id: found, byteCount: header.number)
    }

    private static func damaged(_ what: String) -> StoreError {
      StoreError(.damaged, detail: "an encrypted object is damaged: " + what)
    }
  }
}
