// What is to be forgotten, and what that leaves elsewhere.

import VarveFormat
import VarveSearch
import VarveStorage

/// What to forget: all conditions must hold.
public struct ForgetRequest: Sendable, Equatable {
  /// Messages by their hashes; empty for any.
  public var hashes: [ContentHash] = []
  /// Conditions of the filter language.
  public var filters: [String] = []
  /// Source files: the host and the path of each as occurrences have them; empty for any.
  public var sources: [Source] = []
  /// Whether sightings of the same contents that the conditions do not cover go, too.
  public var isEverywhere = false

  /// A source file.
  public struct Source: Hashable, Sendable {
    /// Host on which it lies.
    public var host: String
    /// Its path, as occurrences have it.
    public var path: String

    /// A source by its host and path.
    public init(host: String, path: String) {
      self.host = host
      self.path = path
    }
  }

  /// A request without conditions, which selects nothing.
  public init() {}

  /// Whether it has conditions.
  public var isEmpty: Bool { hashes.isEmpty && filters.isEmpty && sources.isEmpty }
}

/// The occurrences of a snapshot that a request covers.
public struct ForgetSelection: Sendable {
  /// A message that other occurrences keep.
  public struct Remainder: Sendable, Equatable {
    /// The message's content.
    public var hash: ContentHash
    /// Sequences of the occurrences that stay, oldest first.
    public var sequences: [UInt64]
  }

  /// Sequences of the occurrences that go, ascending.
  public var sequences: [UInt64] = []
  /// Messages whose last occurrence goes.
  public var messageCount = 0
  /// Messages that stay because they were seen elsewhere.
  public var remainders: [Remainder] = []
  /// Sessions of which nothing stays.
  public var sessions: [String] = []
  /// Projects of which nothing stays.
  public var projects: [String] = []
  /// Whether contents are kept out wherever they are seen again.
  var isEverywhere = false
  var edits = LogEdits()
}

extension Snapshot {
  /// What a request covers. Cost: the filters over all occurrences, one descent a message.
  ///
  /// - Throws: ``StoreError``: `request` if the filters are not valid or there are no conditions.
  public func selectForForgetting(
    _ request: ForgetRequest
  ) throws(StoreError) -> ForgetSelection {
    guard !request.isEmpty else {
      throw StoreError(
        .request("bad_request"), detail: "say what to forget: no condition is no selection")
    }
    return try selection(of: try candidates(request), isEverywhere: request.isEverywhere)
  }

  /// Some occurrences, with what that leaves elsewhere.
  ///
  /// - Parameter isEverywhere: the other sightings of their contents go, too.
  func selection(
    of candidates: Set<UInt64>, isEverywhere: Bool
  ) throws(StoreError) -> ForgetSelection {
    var chosen = candidates
    var selection = ForgetSelection()
    selection.isEverywhere = isEverywhere
    var groups: [UInt64: [UInt64]] = [:]
    for sequence in chosen.sorted() {
      groups[try messageSequence(of: sequence), default: []].append(sequence)
    }
    for (message, gone) in groups.sorted(by: { $0.key < $1.key }) {
      let sightings = try self.sightings(of: message)
      let goes = isEverywhere ? sightings : gone
      chosen.formUnion(goes)
      selection.edits.forget(goes, of: sightings)
      if goes.count == sightings.count {
        selection.messageCount += 1
      } else {
        let left = Set(goes)
        let hash = try engine { () throws(StorageError) in try view.hash(ofMessage: message) }
        selection.remainders.append(
          .init(hash: hash, sequences: sightings.filter { !left.contains($0) }))
      }
    }
    selection.edits.finish()
    selection.sequences = chosen.sorted()
    selection.sessions = try emptied(.session, by: chosen)
    selection.projects = try emptied(.project, by: chosen)
    return selection
  }

  private func candidates(_ request: ForgetRequest) throws(StoreError) -> Set<UInt64> {
    var chosen: Set<UInt64>?
    func narrow(_ sequences: some Sequence<UInt64>) {
      chosen = chosen.map { $0.intersection(sequences) } ?? Set(sequences)
    }
    if !request.hashes.isEmpty {
      var sequences: [UInt64] = []
      for hash in request.hashes {
        let message = try engine { () throws(StorageError) in try view.message(hash) }
        if let message { sequences += try sightings(of: message) }
      }
      narrow(sequences)
    }
    if !request.filters.isEmpty, let rows = try filteredRows(request.filters) {
      narrow(rows.documents.map { UInt64($0) + 1 })
    }
    if !request.sources.isEmpty { narrow(try sequences(of: Set(request.sources))) }
    return chosen ?? []
  }

  /// The files that occurrences come from, by host and path.
  public func sourceFiles() throws(StoreError) -> [ForgetRequest.Source] {
    try engine { () throws(StorageError) in
      let hosts = try TextColumn(.host, of: view.indexes())
      let paths = try TextColumn(.path, of: view.indexes())
      var pairs: Set<UInt64> = []
      for row in paths.places.indices where paths.places[row] > 0 {
        pairs.insert(UInt64(hosts.places[row]) << 32 | UInt64(paths.places[row]))
      }
      return pairs.map { pair in
        ForgetRequest.Source(
          host: hosts.text(UInt32(pair >> 32)) ?? "",
          path: paths.text(UInt32(truncatingIfNeeded: pair)) ?? "")
      }.sorted { ($0.host, $0.path) < ($1.host, $1.path) }
    }
  }

  /// The sequences of the occurrences that come from some files; those that are forgotten come from
  /// nowhere.
  package func sequences(
    of sources: Set<ForgetRequest.Source>
  ) throws(StoreError) -> [UInt64] {
    try engine { () throws(StorageError) in
      let hosts = try TextColumn(.host, of: view.indexes())
      let paths = try TextColumn(.path, of: view.indexes())
      var sequences: [UInt64] = []
      var known: [UInt64: Bool] = [:]
      for row in paths.places.indices where paths.places[row] > 0 {
        let pair = UInt64(hosts.places[row]) << 32 | UInt64(paths.places[row])
        let isChosen =
          known[pair]
          ?? sources.contains(
            .init(
              host: hosts.text(hosts.places[row]) ?? "",
              path: paths.text(paths.places[row]) ?? ""))
        known[pair] = isChosen
        if isChosen { sequences.append(UInt64(row) + 1) }
      }
      return sequences
    }
  }

  /// The sequence of an occurrence's message.
  private func messageSequence(of sequence: UInt64) throws(StoreError) -> UInt64 {
    try engine { () throws(StorageError) in
      for index in try view.indexes()
      where index.firstSequence <= sequence && sequence < index.nextSequence {
        let row = Int(sequence - index.firstSequence)
        return sequence - (try index.value(.message, row: row))
      }
      throw StorageError(.corrupt, path: "", doing: "no index covers record \(sequence)")
    }
  }

  /// Texts of a column that only occurrences have that go.
  private func emptied(
    _ id: ColumnID, by gone: Set<UInt64>
  ) throws(StoreError) -> [String] {
    try engine { () throws(StorageError) in
      let column = try TextColumn(id, of: view.indexes())
      var left = [Int](repeating: 0, count: column.texts.count + 1)
      var going = left
      for (row, place) in column.places.enumerated() {
        if gone.contains(UInt64(row) + 1) {
          going[Int(place)] += 1
        } else {
          left[Int(place)] += 1
        }
      }
      return column.texts.indices.filter { going[$0 + 1] > 0 && left[$0 + 1] == 0 }
        .map { String(decoding: column.texts[$0], as: UTF8.self) }
    }
  }
}
