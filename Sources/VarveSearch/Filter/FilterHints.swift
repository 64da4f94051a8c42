// What a refused filter tells its author. SEARCH.md 14 and 21.

enum FilterHints {
  /// Which attributes can be filtered.
  static func available(_ attributes: [FilterableAttribute]) -> String {
    let known = attributes.map(\.pattern).sorted().map { "`\($0)`" }.joined(separator: ", ")
    return known.isEmpty
      ? "This index does not have configured filterable attributes."
      : "Available filterable attribute patterns are: \(known)."
  }

  /// Why an operator is not allowed, and how to allow it.
  static func refused(
    _ test: Filter.Test, _ name: String, _ attribute: FilterableAttribute, needed: String
  ) -> String {
    let operators =
      (attribute.allowsEquality ? ["=", "!=", "IN"] : [])
      + (attribute.allowsComparison ? ["<", ">", "<=", ">=", "TO"] : [])
    let allowed =
      ["OR", "AND", "NOT"] + operators + ["IS EMPTY", "IS NULL", "EXISTS"]
    return """
      Index `messages`: Filter operator `\(test.name)` is not allowed for the attribute `\(name)`.
        - Note: allowed operators: \(allowed.joined(separator: ", ")).
        - Note: field `\(name)` matched rule #\(attribute.rule) in `filterableAttributes`
        - Hint: enable \(needed) in rule #\(attribute.rule) by modifying the features.filter object
        - Hint: prepend another rule matching `\(name)` with appropriate filter features before \
      rule #\(attribute.rule)
      """
  }
}

extension Filter.Test {
  /// The operator as it is written.
  var name: String {
    switch self {
    case .compare(let comparison, _): comparison.rawValue
    case .range: "TO"
    case .isIn: "IN"
    case .exists: "EXISTS"
    case .isNull: "IS NULL"
    case .isEmpty: "IS EMPTY"
    case .contains: "CONTAINS"
    case .startsWith: "STARTS WITH"
    }
  }

  /// What follows the name of the field.
  var text: String {
    switch self {
    case .compare(_, let value), .contains(let value), .startsWith(let value):
      " \(name) \"\(value)\""
    case .range(let low, let high): " \"\(low)\" TO \"\(high)\""
    case .isIn(let values):
      " IN[" + values.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
    case .exists, .isNull, .isEmpty: " \(name)"
    }
  }
}
