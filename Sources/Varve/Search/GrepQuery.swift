// What `grep` is asked, and what it finds.

public import VarveFormat
import VarveSearch

/// A search for a pattern in the raw content of messages, line by line.
///
/// The syntax of expressions is that of `rg` and RE2, without back references and look-around; an
/// expression is matched in time linear in the content whatever it is. `\w` is a letter or digit of
/// ASCII, `_`, or anything outside of ASCII; `\d` and `\s` are those of ASCII.
public struct GrepQuery: Sendable {
  /// How much of a match is wanted.
  public enum Detail: Sendable {
    /// Only which messages match.
    case messages
    /// The lines that match.
    case lines
    /// The lines and the content around them.
    case content
  }

  /// A regular expression, or texts, one a line.
  public var pattern: String
  /// Letters match in either case.
  public var ignoresCase = false
  /// The pattern is plain text.
  public var isLiteral = false
  /// Matches must not touch other word characters.
  public var matchesWords = false
  /// Lines that do not match are wanted.
  public var isInverted = false
  /// Conditions as in ``SearchQuery/filters``; a message counts if one of its occurrences satisfies
  /// all.
  public var filters: [String] = []
  /// How much of a match is wanted.
  public var detail = Detail.content

  /// - Parameter pattern: a regular expression.
  public init(_ pattern: String) { self.pattern = pattern }

  func compiled() throws(StoreError) -> LinePattern {
    var options = LinePattern.Options()
    options.ignoresCase = ignoresCase
    options.isLiteral = isLiteral
    options.matchesWords = matchesWords
    do throws(PatternError) {
      return try LinePattern(pattern, options)
    } catch {
      throw StoreError(
        .request("invalid_grep_pattern"),
        detail: "the pattern is not valid at byte \(error.offset): \(error.message)")
    }
  }
}

/// A message with lines that match.
public struct GrepHit: Sendable {
  /// A line, counted from 1, and where it stands in the content, without its end.
  public struct Line: Equatable, Sendable {
    /// From 1 on.
    public var number: Int
    /// Bytes of the content.
    public var range: Range<Int>
    /// The matches in the line; none for inverted searches and lines over 64 KiB.
    public var matches: [Range<Int>]
  }

  /// SHA-256 of the content.
  public var hash: ContentHash
  /// Sequence of the message.
  public var message: UInt64
  /// Sequence of its first occurrence that satisfies the filters.
  public var occurrence: UInt64
  /// The lines; one at most if only messages are wanted.
  public var lines: [Line]
  /// The content, if it is wanted; else empty.
  public var content: [UInt8]
}
