// How long a turn took, which clients write as a line of its own. Chapter 10, CON-53.

/// Reads what a record says of the time that a turn took.
package enum TurnDuration {
  /// Value of the metadata member `subtype` of such a record.
  package static let subtype = "turn_duration"
  /// Member with the milliseconds.
  package static let member = "durationMs"

  /// Milliseconds of the turn that a record closes; 0 if it closes none.
  ///
  /// - Parameter tree: the metadata of the record, encoded.
  package static func milliseconds(_ kind: Kind, _ tree: RawSpan) -> UInt64 {
    guard kind == .meta, !tree.isEmpty, let metadata = try? MetadataTree.decode(tree) else {
      return 0
    }
    return milliseconds(kind, metadata)
  }

  /// The same of a decoded tree.
  package static func milliseconds(_ kind: Kind, _ metadata: MetadataValue) -> UInt64 {
    guard kind == .meta, metadata["subtype"]?.text == subtype,
      let milliseconds = metadata[member]?.int, milliseconds > 0
    else { return 0 }
    return UInt64(milliseconds)
  }
}
