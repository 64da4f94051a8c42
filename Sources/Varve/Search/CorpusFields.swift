// The fields of occurrences as columns over a whole snapshot, made when they are first asked for.

import Synchronization
import VarveFormat
import VarveSearch
import VarveStorage

final class CorpusFields: FieldSource {
  private let columns: [IndexFile]
  let texts: [InvertedIndex]
  let view: StoreView
  let settings: SearchSettings
  private let known = Mutex<[String: FieldColumn?]>([:])
  private let knownAges = Mutex<[Int]?>(nil)
  private let knownClasses = Mutex<[UInt8]?>(nil)

  init(
    _ columns: [IndexFile], texts: [InvertedIndex], view: StoreView, settings: SearchSettings
  ) {
    self.columns = columns
    self.texts = texts
    self.view = view
    self.settings = settings
  }

  func column(_ name: String) throws -> FieldColumn? {
    if let column = known.withLock({ $0[name] }) { return column }
    let column: FieldColumn?
    if let path = settings.metadataPath(name) {
      column = try metadata(path)
    } else {
      column = try builtIn(FieldNames.builtIn(name) ?? name)
    }
    known.withLock { $0[name] = .some(column) }
    return column
  }

  func ages(_ rows: RowTable) throws -> [Int] {
    if let known = knownAges.withLock({ $0 }) { return known }
    var ages = [Int](repeating: .max, count: rows.documentCount)
    if let column = try column("timestamp"), case .numbers(let times) = column.storage {
      for (row, document) in rows.documents.enumerated()
      where document != RowTable.none && !times[row].isNaN {
        ages[Int(document)] = min(ages[Int(document)], Int(-times[row]))
      }
    }
    knownAges.withLock { $0 = ages }
    return ages
  }

  func conversationClasses(_ rows: RowTable) throws -> [UInt8] {
    if let known = knownClasses.withLock({ $0 }) { return known }
    var classes = [UInt8](repeating: ConversationClass.worst, count: rows.documentCount)
    if let column = try column("kind"), case .single(let places) = column.storage {
      let byPlace = column.values.map { ConversationClass.of($0.text) }
      for (row, document) in rows.documents.enumerated()
      where document != RowTable.none && places[row] > 0 {
        classes[Int(document)] = min(classes[Int(document)], byPlace[Int(places[row]) - 1])
      }
    }
    knownClasses.withLock { $0 = classes }
    return classes
  }

  func names(covering pattern: String) throws -> [String] {
    var names: Set<String> = []
    for text in texts {
      for (number, name) in text.fieldNames.enumerated()
      where FieldPattern.covers(settings.metadataPath(pattern) ?? pattern, name) {
        if !(try text.fieldValues(number).values.isEmpty) { names.insert(name) }
      }
    }
    if settings.hasBuiltInFields {
      for name in FieldNames.all where FieldPattern.covers(pattern, name) { names.insert(name) }
    }
    return names.sorted()
  }

  // MARK: Built-in fields

  func builtIn(_ name: String) throws(StorageError) -> FieldColumn? {
    switch name {
    case "timestamp": return try times()
    case "kind":
      let names = [UInt8](repeating: 0, count: 64).indices.map { number in
        FieldValue.string(Array((Kind(rawValue: UInt8(number))?.name ?? "").utf8))
      }
      return FieldColumn(.single(try flags { UInt32($0 >> 2 & 63) + 1 }), values: names)
    case "error":
      return FieldColumn(
        .single(try flags { UInt32($0 & 1) + 1 }),
        values: [.string(Array("false".utf8)), .string(Array("true".utf8))])
    case "source": return try text(.path)
    case "project": return try text(.project)
    case "session": return try text(.session)
    case "role": return try text(.role)
    case "level": return try text(.level)
    case "component": return try text(.component)
    case "phase": return try text(.phase)
    case "tool": return try text(.tool)
    case "model": return try text(.model)
    case "branch": return try text(.branch)
    case "agent": return try text(.agent)
    case "host": return try text(.host)
    case "line": return try fromRecords { $0.line == 0 ? .nan : Double($0.line) }
    case "extractedAt":
      return try fromRecords {
        $0.extractedAt == OccurrenceFields.noTime ? .nan : Double($0.extractedAt)
      }
    default: return nil
    }
  }

  private func times() throws(StorageError) -> FieldColumn {
    var numbers: [Double] = []
    for index in columns {
      for value in try index.column(.time) {
        let time = ColumnValues.time(of: value)
        numbers.append(time == OccurrenceFields.noTime ? .nan : Double(time))
      }
    }
    return FieldColumn(.numbers(numbers), values: [])
  }

  private func flags(_ place: (UInt64) -> UInt32) throws(StorageError) -> [UInt32] {
    var places: [UInt32] = []
    for index in columns { places += try index.column(.flags).map(place) }
    return places
  }

  private func text(_ id: ColumnID) throws(StorageError) -> FieldColumn {
    let column = try TextColumn(id, of: columns)
    return FieldColumn(.single(column.places), values: column.texts.map { .string($0) })
  }

  /// A field that only the records have. Cost: the whole log is read once.
  private func fromRecords(
    _ number: (OccurrenceFields) -> Double
  ) throws(StorageError) -> FieldColumn {
    var numbers: [Double] = []
    var sequence: UInt64 = 1
    while sequence < view.nextSequence {
      let block = try view.block(containing: sequence)
      for i in 0..<block.count {
        numbers.append(number(try view.record(block.firstSequence + UInt64(i), in: block).fields))
      }
      sequence = block.firstSequence + UInt64(block.count)
    }
    return FieldColumn(.numbers(numbers), values: [])
  }

  // MARK: Metadata

  private func metadata(_ path: String) throws(FormatError) -> FieldColumn? {
    var values: [FieldValue] = []
    var known: [[UInt8]: UInt32] = [:]
    var ends: [UInt32] = []
    var places: [UInt32] = []
    var flags: [UInt8] = []
    var isKnown = false
    for text in texts {
      guard let number = text.fieldNames.firstIndex(of: path) else {
        let count = Int(text.summary.recordCount)
        ends += [UInt32](repeating: UInt32(places.count), count: count)
        flags += [UInt8](repeating: 0, count: count)
        continue
      }
      isKnown = true
      let own = try text.fieldValues(number)
      var map: [UInt32] = []
      for value in own.values {
        if known[value] == nil {
          known[value] = UInt32(values.count)
          values.append(Self.value(value))
        }
        map.append(known[value] ?? 0)
      }
      var at = 0
      for count in own.counts {
        for _ in 0..<count {
          places.append(map[Int(own.places[at])])
          at += 1
        }
        ends.append(UInt32(places.count))
      }
      flags += own.flags.map { UInt8(truncatingIfNeeded: $0) }
    }
    return isKnown
      ? FieldColumn(.many(ends: ends, places: places), values: values, flags: flags) : nil
  }

  private static func value(_ encoded: [UInt8]) -> FieldValue {
    if encoded.first == FieldValuesLayout.number {
      return .number(Double(bitPattern: encoded.rawSpan.load(at: 1)))
    }
    return .string(Array(encoded.dropFirst()))
  }
}
