// A line that fixes a history, to be kept outside the store.

/// What one line says of a store: that its history up to a commit has a digest.
public struct Attestation: Equatable, Sendable, CustomStringConvertible {
  private static let name = "varve-attest-1"

  /// Generation when it was made.
  public var generation: UInt64
  /// Number of the last commit.
  public var commit: UInt64
  /// Sequence of the last occurrence.
  public var lastSequence: UInt64
  /// The history digest at that commit.
  public var historyDigest: ContentHash

  /// What a snapshot attests.
  public init(_ snapshot: Snapshot) {
    generation = snapshot.generation
    commit = snapshot.commitCount
    lastSequence = snapshot.nextSequence - 1
    historyDigest = snapshot.historyDigest
  }

  /// Reads a line; nil if it is none.
  public init?(_ line: String) {
    let words = line.split(whereSeparator: \.isWhitespace)
    guard words.count == 5, words[0] == Self.name, let generation = UInt64(words[1]),
      let commit = UInt64(words[2]), let last = UInt64(words[3]),
      let digest = ContentHash(hex: String(words[4]))
    else { return nil }
    self.generation = generation
    self.commit = commit
    lastSequence = last
    historyDigest = digest
  }

  /// The line.
  public var description: String {
    "\(Self.name) \(generation) \(commit) \(lastSequence) \(historyDigest)"
  }
}
