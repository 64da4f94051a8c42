// What can be wrong with a search: the request, or the bytes of an index.

package import VarveFormat

package enum SearchError: Error, Equatable, Sendable {
  /// Code and message as SEARCH.md 21 and its cases state them.
  case request(code: String, message: String)
  case damaged(FormatError)

  package static func filter(_ message: String) -> SearchError {
    .request(code: "invalid_search_filter", message: message)
  }
}
