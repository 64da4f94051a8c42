// A test of a field that belongs to a message and not to an occurrence: its hash, id or content.
// There is no column of those; whoever has the messages finds them.

import VarveFormat

/// A test of the hash, the id or the content of messages.
package struct MessageTest {
  /// The only values that pass, as they were written; nil where others may.
  package let values: [String]?
  /// Whether a value passes, whatever its case.
  package let accepts: ([UInt8]) -> Bool

  init(_ test: Filter.Test) {
    switch test {
    case .compare(.equal, let value): values = [value]
    case .isIn(let all): values = all
    default: values = nil
    }
    let own = ValueTest(test)
    switch test {
    case .isEmpty: accepts = \.isEmpty
    default: accepts = { own.accepts(string: Normalizer.value($0)) }
    }
  }
}
