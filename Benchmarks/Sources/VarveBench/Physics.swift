// What an ingest cannot do without, measured alone on the machine at hand: the yardstick for its speed.

import CPhysics
import Varve

extension Workloads {
  /// Parsing, hashing and compressing the corpus, one after the other on one core.
  static func physics(_ arguments: Arguments) throws -> [Figure] {
    if System.fileSize(arguments.corpusPath) == 0 { _ = try corpus(arguments) }
    let bytes = System.readFile(arguments.corpusPath, padding: 64)
    let count = bytes.count - 64
    var start = System.now()
    // SAFETY: the bytes and their padding outlive the call, which keeps no pointer.
    let contents = unsafe bytes.withUnsafeBufferPointer {
      unsafe cphysics_parse($0.baseAddress, count)
    }
    defer { unsafe cphysics_free(contents) }
    let json = Double(System.now() - start) / 1e9
    start = System.now()
    var at = 0
    for i in 0..<(unsafe contents.content_count) {
      // SAFETY: the lengths sum up to the bytes of the contents.
      let length = unsafe Int(contents.lengths[i])
      let span = unsafe RawSpan(_unsafeStart: contents.contents + at, byteCount: length)
      _ = ContentDigest.hash(span)
      at += length
    }
    let hash = Double(System.now() - start) / 1e9
    start = System.now()
    let packed = unsafe cphysics_compress(contents.contents, contents.content_byte_count)
    let compress = Double(System.now() - start) / 1e9
    let sum = json + hash + compress
    return [
      Figure("contentBytes", Double(unsafe contents.content_byte_count), "bytes"),
      Figure("json", json, "s"), Figure("sha256", hash, "s"), Figure("lz4", compress, "s"),
      Figure("lz4Bytes", Double(packed), "bytes"), Figure("sum", sum, "s"),
      Figure("speedOfSum", Double(count) / sum / 1e6, "MB/s"),
    ]
  }
}
