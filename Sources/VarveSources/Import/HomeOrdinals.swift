// Keeps the files of several homes on one host apart. Format-spec CON-39.

import Varve
import VarveFormat

/// The homes of one host in the order in which they were first read.
struct HomeOrdinals {
  /// Incarnations that the files of one home have for themselves.
  static let incarnationsPerHome: UInt32 = 1 << 20
  static let homesMax = 1 << 12

  private let host: String
  private var ordinals: [String: UInt32] = [:]

  init() { host = "" }

  init(_ snapshot: Snapshot, host: String) throws {
    self.host = host
    let prefix = Array(host.utf8) + [0]
    for fact in try snapshot.facts(.home) where fact.key.starts(with: prefix) {
      guard let value = try? MetadataTree.decode(fact.value.rawSpan),
        let ordinal = value["ordinal"]?.int, ordinal >= 0, ordinal < Self.homesMax
      else { continue }
      let home = String(decoding: fact.key[prefix.count...], as: UTF8.self)
      ordinals[home] = UInt32(ordinal)
    }
  }

  /// Incarnation with which the files of a home begin; a home seen first gets the next ordinal.
  /// Files outside homes are named by their full path and need none.
  mutating func firstIncarnation(
    _ home: String, newHomeIn batch: inout WriteBatch
  ) throws -> UInt32 {
    guard !home.isEmpty else { return 0 }
    if let known = ordinals[home] { return known * Self.incarnationsPerHome }
    let next = (ordinals.values.max().map { $0 + 1 }) ?? 0
    guard next < Self.homesMax else {
      throw StoreError(
        .limit, path: home, detail: "the store knows \(Self.homesMax) homes of this host already")
    }
    ordinals[home] = next
    let value = MetadataValue.object([.init("ordinal", .int(Int64(next)))])
    try batch.append(
      Fact(
        kind: .home, key: Array(host.utf8) + [0] + Array(home.utf8),
        value: MetadataTree.encode(value)))
    return next * Self.incarnationsPerHome
  }
}
