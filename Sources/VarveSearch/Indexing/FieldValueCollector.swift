// Values of declared metadata fields, by occurrence. Chapter 6, INV-50 to INV-54.

import VarveFormat

struct FieldValueCollector: Sendable {
  struct Field: Sendable {
    var name: String
    var values: [[UInt8]] = []
    var known: [[UInt8]: UInt32] = [:]
    /// Occurrences that have the field, in order, with their flags.
    var rows: [(row: UInt32, flags: UInt8, ends: UInt32)] = []
    var places: [UInt32] = []
  }

  private(set) var fields: [Field] = []
  private var byName: [String: Int] = [:]
  /// Whether a path is declared; the same paths come again and again.
  private var declared: [String: Bool] = [:]

  mutating func add(_ tree: MetadataValue, row: UInt32, patterns: [String]) {
    guard case .object = tree else { return }
    add(tree, path: "", row: row, patterns: patterns, open: nil, depth: 0)
  }

  private mutating func isDeclared(_ path: String, _ patterns: [String]) -> Bool {
    if let known = declared[path] { return known }
    let answer = patterns.contains { FieldPattern.covers($0, path) }
    if declared.count < Limits.attributeCount { declared[path] = answer }
    return answer
  }

  /// - Parameter open: the field of the path, if it is declared.
  private mutating func add(
    _ value: MetadataValue, path: String, row: UInt32, patterns: [String], open: Int?,
    depth: Int
  ) {
    guard depth <= Limits.metadataDepth else { return }
    switch value {
    case .null: return
    case .bool(let truth): add(Array((truth ? "true" : "false").utf8), isNumber: false, open)
    case .int(let number): add(number: Double(number), open)
    case .double(let number): add(number: number, open)
    case .number(let text):
      if let number = Double(String(decoding: text, as: UTF8.self)) { add(number: number, open) }
    case .string(let text): if !text.isEmpty { add(text, isNumber: false, open) }
    case .array(let values):
      for value in values {
        add(value, path: path, row: row, patterns: patterns, open: open, depth: depth + 1)
      }
    case .object(let members):
      for member in members {
        let key = String(decoding: member.key, as: UTF8.self)
        let path = path.isEmpty ? key : path + "." + key
        // Values belong to the path at which they stand, through arrays, not to its parents.
        let opened =
          isDeclared(path, patterns)
          ? field(path, row: row, flags: Self.flags(member.value)) : nil
        add(
          member.value, path: path, row: row, patterns: patterns, open: opened, depth: depth + 1)
      }
    }
  }

  private static func flags(_ value: MetadataValue) -> UInt8 {
    switch value {
    case .null: FieldFlags.exists | FieldFlags.isNull
    case .string(let text) where text.isEmpty: FieldFlags.exists | FieldFlags.isEmpty
    case .array(let values) where values.isEmpty: FieldFlags.exists | FieldFlags.isEmpty
    case .object(let members) where members.isEmpty: FieldFlags.exists | FieldFlags.isEmpty
    default: FieldFlags.exists
    }
  }

  private mutating func field(_ path: String, row: UInt32, flags: UInt8) -> Int {
    let index: Int
    if let known = byName[path] {
      index = known
    } else {
      index = fields.count
      byName[path] = index
      fields.append(Field(name: path))
    }
    if let last = fields[index].rows.last, last.row == row {
      fields[index].rows[fields[index].rows.count - 1].flags |= flags
    } else {
      fields[index].rows.append((row, flags, UInt32(fields[index].places.count)))
    }
    return index
  }

  private mutating func add(number: Double, _ open: Int?) {
    var bytes = ByteWriter(reserving: 8)
    bytes.write((number == 0 ? 0 : number).bitPattern)
    add(bytes.bytes, isNumber: true, open)
  }

  private mutating func add(_ bytes: [UInt8], isNumber: Bool, _ open: Int?) {
    guard let open else { return }
    let encoded = [isNumber ? FieldValuesLayout.number : FieldValuesLayout.string] + bytes
    let place: UInt32
    if let known = fields[open].known[encoded] {
      place = known
    } else {
      place = UInt32(fields[open].values.count)
      fields[open].known[encoded] = place
      fields[open].values.append(encoded)
    }
    fields[open].places.append(place)
    fields[open].rows[fields[open].rows.count - 1].ends = UInt32(fields[open].places.count)
  }

  /// Writes the names and one section a field.
  func write<Output: FullTextOutput>(
    rowCount: Int, to output: inout Output
  ) throws(Output.Failure) {
    try output.write(
      .fieldNames, 0, TextListLayout.encode(fields.map(\.name)), itemCount: fields.count)
    for (number, field) in fields.enumerated() {
      var counts = [UInt64](repeating: 0, count: rowCount)
      var flags = counts
      var previous: UInt32 = 0
      for row in field.rows {
        counts[Int(row.row)] = UInt64(row.ends - previous)
        flags[Int(row.row)] = UInt64(row.flags)
        previous = row.ends
      }
      let section = FieldValuesLayout.encode(
        values: field.values, counts: counts, places: field.places.map { UInt64($0) },
        flags: flags)
      try output.write(.fieldValues, number, section, itemCount: field.values.count)
    }
  }
}
