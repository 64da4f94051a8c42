// Words as letters: what typos are counted in.

import VarveFormat

package enum Letters {
  /// The code points of a word.
  package static func of(_ bytes: RawSpan) -> [UInt32] {
    var letters: [UInt32] = []
    letters.reserveCapacity(bytes.byteCount)
    for i in 0..<bytes.byteCount {
      let byte = bytes.load(UInt8.self, at: i)
      if byte < 0x80 {
        letters.append(UInt32(byte))
      } else {
        let text = bytes.array(0..<bytes.byteCount)
        return String(decoding: text, as: UTF8.self).unicodeScalars.map(\.value)
      }
    }
    return letters
  }
}
