// What is measured, through the public API, as an embedder would call it.

import Synchronization
import Varve
import VarveBenchRivals
import VarveSources

enum Workloads {
  /// Writes the corpus once; later calls find it.
  static func corpus(_ arguments: Arguments) throws -> [Figure] {
    System.makeFolder(arguments.directory)
    let start = System.now()
    System.writeFile(arguments.corpusPath) { write in
      var corpus = Corpus(seed: arguments.seed, messageCount: arguments.messages)
      corpus.writeJSONL { unsafe write($0) }
    }
    let seconds = Double(System.now() - start) / 1e9
    let bytes = System.fileSize(arguments.corpusPath)
    return [
      Figure("bytes", bytes, "bytes"), Figure("seconds", seconds, "s"),
      Figure("speed", bytes / seconds / 1e6, "MB/s"),
    ]
  }

  static func ingest(_ arguments: Arguments) throws -> [Figure] {
    if System.fileSize(arguments.corpusPath) == 0 { _ = try corpus(arguments) }
    System.removeTree(arguments.storePath)
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    options.maintenance = .manual
    let peak = Mutex(0.0)
    let start = System.now()
    let store = try Store.open(at: arguments.storePath, options: options)
    var importing = ImportOptions()
    importing.host = "bench"
    importing.digestsSources = false
    importing.onCommit = { _ in
      let memory = System.anonymousMemory()
      peak.withLock { $0 = max($0, memory) }
    }
    let report = try Importer(into: store, options: importing).run([arguments.corpusPath])
    let seconds = Double(System.now() - start) / 1e9
    let sums = try store.snapshot().statistics()
    return [
      Figure("seconds", seconds, "s"),
      Figure("speed", Double(report.bytes) / seconds / 1e6, "MB/s"),
      Figure("messages", Double(sums.messages), ""),
      Figure("occurrences", Double(sums.occurrences), ""),
      Figure("indexes", Double(sums.indexes), ""),
      Figure("segmentBytes", Double(sums.segmentBytes), "bytes"),
      Figure("indexBytes", Double(sums.indexBytes), "bytes"),
      Figure("storeShareOfRaw", Double(sums.storeBytes) / Double(report.bytes), ""),
      Figure("peakRssAnon", peak.withLock { $0 }, "MiB"),
    ]
  }

  private static func openStore(_ arguments: Arguments) throws -> Store {
    if System.fileSize(arguments.storePath + "/CURRENT") == 0 { _ = try ingest(arguments) }
    return try Store.open(at: arguments.storePath, options: StoreOptions(access: .read))
  }

  static func get(_ arguments: Arguments) throws -> [Figure] {
    let snapshot = try openStore(arguments).snapshot()
    var random = SplitMix64(seed: 7)
    var hashes: [ContentHash] = []
    for _ in 0..<20_000 {
      let sequence = random.next() % (snapshot.nextSequence - 1) + 1
      let message = try snapshot.occurrence(sequence).message
      hashes.append(try snapshot.message(at: message).hash)
    }
    let path = arguments.directory + "/rival.sqlite"
    System.removeTree(path)
    System.removeTree(path + "-wal")
    System.removeTree(path + "-shm")
    let rival = try SQLiteStore(path: path)
    try rival.execute("BEGIN")
    for sequence in 1..<snapshot.nextSequence {
      let occurrence = try snapshot.occurrence(sequence)
      guard occurrence.message == sequence else { continue }
      let message = try snapshot.message(at: sequence)
      try rival.insert(hash: message.hash.bytes, content: message.content)
    }
    try rival.execute("COMMIT")
    var ours: [UInt64] = []
    var theirs: [UInt64] = []
    var bytes = 0
    for round in 0..<2 {
      ours.removeAll()
      theirs.removeAll()
      for hash in hashes {
        var start = System.now()
        let message = try snapshot.message(hash)
        ours.append(System.now() - start)
        bytes += message?.content.count ?? 0
        let key = hash.bytes
        start = System.now()
        let content = rival.content(hash: key)
        theirs.append(System.now() - start)
        guard content == message?.content else {
          throw StoreError(.damaged, detail: "round \(round): contents differ")
        }
      }
    }
    ours.sort()
    theirs.sort()
    return [
      Figure("p50", Percentiles.microseconds(ours, 0.5), "us"),
      Figure("p95", Percentiles.microseconds(ours, 0.95), "us"),
      Figure("sqliteP50", Percentiles.microseconds(theirs, 0.5), "us"),
      Figure("sqliteP95", Percentiles.microseconds(theirs, 0.95), "us"),
      Figure(
        "ratioP50",
        Percentiles.microseconds(ours, 0.5) / Percentiles.microseconds(theirs, 0.5), ""),
    ]
  }

  static func open(_ arguments: Arguments) throws -> [Figure] {
    _ = try openStore(arguments)
    var opens: [UInt64] = []
    var first: [UInt64] = []
    for _ in 0..<50 {
      let start = System.now()
      let store = try Store.open(at: arguments.storePath, options: StoreOptions(access: .read))
      let snapshot = try store.snapshot()
      opens.append(System.now() - start)
      _ = try snapshot.message(at: 1)
      first.append(System.now() - start)
    }
    opens.sort()
    first.sort()
    return [
      Figure("openP50", Percentiles.microseconds(opens, 0.5) / 1000, "ms"),
      Figure("openMax", Percentiles.microseconds(opens, 1) / 1000, "ms"),
      Figure("openAndReadP50", Percentiles.microseconds(first, 0.5) / 1000, "ms"),
    ]
  }

  static func newest(_ arguments: Arguments) throws -> [Figure] {
    let snapshot = try openStore(arguments).snapshot()
    let projects = try snapshot.projects().map(\.name)
    var times: [UInt64] = []
    for round in 0..<200 {
      let start = System.now()
      var cursor = try snapshot.occurrences(in: .project(projects[round % projects.count]))
      for _ in 0..<50 {
        guard let occurrence = try cursor.next() else { break }
        _ = try snapshot.message(at: occurrence.message)
      }
      times.append(System.now() - start)
    }
    times.sort()
    return [
      Figure("p50", Percentiles.microseconds(times, 0.5) / 1000, "ms"),
      Figure("p95", Percentiles.microseconds(times, 0.95) / 1000, "ms"),
    ]
  }

  static func commit(_ arguments: Arguments) throws -> [Figure] {
    System.makeFolder(arguments.directory)
    let count = min(arguments.messages, 2000)
    let path = arguments.directory + "/commit-store"
    System.removeTree(path)
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    let store = try Store.open(at: path, options: options)
    var ours: [UInt64] = []
    var bare: [UInt64] = []
    var grouped: [UInt64] = []
    // Interleaved, so that all see the same disk.
    for round in 0..<20 {
      for i in 0..<(count / 20) {
        let start = System.now()
        try store.commit(batch(round * count + i))
        ours.append(System.now() - start)
      }
      let pieces = [Int](repeating: 420, count: count / 20)
      bare += System.bareCommits(arguments.directory + "/bare", pieces: pieces)
      grouped.append(try groupCommits(store, round: round, count: count / 10))
    }
    let single = Double(ours.reduce(0, +)) / Double(ours.count)
    let alone = Double(bare.reduce(0, +)) / Double(bare.count)
    let group = Double(grouped.count * (count / 10) * 16) / (Double(grouped.reduce(0, +)) / 1e9)
    return [
      Figure("commitMean", single / 1000, "us"), Figure("bareMean", alone / 1000, "us"),
      Figure("shareOfBare", alone / single, ""),
      Figure("groupOf16CommitsPerSecond", group, "1/s"),
      Figure("groupGain", group / (1e9 / single), ""),
      Figure("groupGainOverBare", group / (1e9 / alone), ""),
      // What a group costs beyond one sync, which does not depend on the disk: with it and the sync
      // of another disk, S, the gain there is 16 S / (S + this).
      Figure("groupBeyondSync", 16e6 / group - alone / 1000, "us"),
    ]
  }

  private static func batch(_ number: Int) throws -> WriteBatch {
    var batch = WriteBatch()
    var occurrence = Occurrence(
      kind: .prompt, place: SourcePlace(host: "bench", path: "commit", offset: UInt64(number)))
    occurrence.session = "s"
    try batch.append(
      occurrence, content: Array("a message of ordinary length, number \(number)".utf8))
    return batch
  }

  /// Sixteen threads that commit one message at a time; how long they took, in nanoseconds.
  private static func groupCommits(_ store: Store, round: Int, count: Int) throws -> UInt64 {
    let start = System.now()
    Threads.run(16) { thread in
      for i in 0..<count {
        let number = (1 + thread) * 1_000_000 + round * count + i
        guard let batch = try? batch(number) else { return }
        _ = try? store.commit(batch)
      }
    }
    return System.now() - start
  }
}

/// The generator of S. Vigna's SplitMix64, for drawing what to read.
struct SplitMix64 {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
