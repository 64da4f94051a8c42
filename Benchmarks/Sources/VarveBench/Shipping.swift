// Backups of the store that `ingest` made, beside copying its files. BARS, "Shipping".

import Varve
import VarveShipping

enum Shipping {
  private static let newMessageCount = 1000

  static func ship(_ arguments: Arguments) throws -> [Figure] {
    let place = arguments.directory + "/ship"
    System.removeTree(place)
    System.makeFolder(place)
    defer { System.removeTree(place) }
    var figures: [Figure] = []
    func timed<T>(_ name: String, _ body: () throws -> T) rethrows -> T {
      let start = System.now()
      let result = try body()
      figures.append(Figure(name, Double(System.now() - start) / 1e9, "s"))
      return result
    }
    // A backup seals the log; the store that was given stays as it is.
    System.copyTree(arguments.storePath, place + "/store")
    timed("copyOfAllFiles") { System.copyTree(arguments.storePath, place + "/copy") }
    timed("copyOfSegments") {
      System.copyTree(arguments.storePath + "/segments", place + "/copied-segments")
    }
    let store = try Store.open(at: place + "/store", options: StoreOptions(access: .write))
    let plain = ObjectStore(DirectoryTarget(place + "/plain"))
    let first = try timed("fullPlain") {
      try store.backUp(to: plain, transfers: arguments.concurrency)
    }
    figures.append(Figure("fullBytes", Double(first.bytesShipped), "B"))
    let sealedTarget = DirectoryTarget(place + "/sealed")
    let keys = try KeyRing(sealedTarget).create(
      .file([UInt8](repeating: 7, count: 32)), label: "bench"
    ).keys
    _ = try timed("fullEncrypted") {
      try store.backUp(
        to: ObjectStore(sealedTarget, keys: keys), transfers: arguments.concurrency)
    }
    _ = try timed("nothingNew") { try store.backUp(to: plain, transfers: arguments.concurrency) }
    try commitMore(store)
    let more = try timed("thousandNew") {
      try store.backUp(to: plain, transfers: arguments.concurrency)
    }
    figures.append(Figure("thousandNewBytes", Double(more.bytesShipped), "B"))
    let reader = BackupReader(plain)
    _ = try timed("verifyTarget") { try reader.verify(readingPercent: 100) }
    guard let backup = try reader.backups().last else { return figures }
    let restored = try timed("restoreWithIndexes") {
      try reader.restore(backup, into: place + "/restored", concurrently: arguments.concurrency)
    }
    let report = try timed("verifyRestored") {
      try restored.verify(concurrently: arguments.concurrency)
    }
    figures.append(Figure("problems", Double(report.problems.count), ""))
    figures.append(Figure("occurrences", Double(report.occurrences), ""))
    return figures
  }

  private static func commitMore(_ store: Store) throws {
    var batch = WriteBatch()
    for number in 0..<newMessageCount {
      var occurrence = Occurrence(
        kind: .log, place: SourcePlace(host: "bench", path: "new", offset: UInt64(number)))
      occurrence.session = "new"
      try batch.append(
        occurrence, content: Array("message \(number) since the last backup of \(number * 7)".utf8))
    }
    try store.commit(batch)
  }
}
