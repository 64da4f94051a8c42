// Bytes as text where a format has no other way to say them.

/// Base64 (RFC 4648, section 4).
public enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// Encodes with padding.
  public static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      var word = UInt32(bytes[start]) << 16
      if count > 1 { word |= UInt32(bytes[start + 1]) << 8 }
      if count > 2 { word |= UInt32(bytes[start + 2]) }
      for i in 0..<4 {
        text.append(i <= count ? alphabet[Int(word >> UInt32(18 - 6 * i)) & 63] : 0x3D)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Decodes padded text; nil for anything else.
  public static func decode(_ text: [UInt8]) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    for start in stride(from: 0, to: text.count, by: 4) {
      var word: UInt32 = 0
      var padding = 0
      for i in 0..<4 {
        let digit = text[start + i]
        if digit == 0x3D, start + 4 == text.count, i > 1 {
          padding += 1
          word <<= 6
        } else {
          guard padding == 0, let value = alphabet.firstIndex(of: digit) else { return nil }
          word = word << 6 | UInt32(value)
        }
      }
      for i in 0..<(3 - padding) {
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(16 - 8 * i)))
      }
    }
    return bytes
  }
}
