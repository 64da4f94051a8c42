// Filters as trees. SEARCH.md 14.

/// A condition on the fields of an occurrence.
package indirect enum Filter: Equatable, Sendable {
  package enum Comparison: String, Equatable, Sendable {
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
  }

  package enum Test: Equatable, Sendable {
    case compare(Comparison, String)
    case range(String, String)
    case isIn([String])
    case exists
    case isNull
    case isEmpty
    case contains(String)
    case startsWith(String)
  }

  case all([Filter])
  case any([Filter])
  case not(Filter)
  case test(FilterField, Test)
}

/// A field in a filter, with its place in the text for error messages.
package struct FilterField: Equatable, Sendable {
  package var name: String
  package var start: Int
  package var end: Int
  package var text: String

  package init(_ name: String, start: Int = 0, end: Int = 0, text: String = "") {
    self.name = name
    self.start = start
    self.end = end
    self.text = text
  }
}
