// What the shipping log says of one store: the last good backup and drill, and what they are worth.

import Varve

struct ShippingHealth {
  private let now: Int64
  private let lastBackup: ShippingLog.Entry?
  private let lastDrill: ShippingLog.Entry?
  /// Targets of the configuration whose last backup was too long ago, or that have none.
  private let configured: [(name: String, last: ShippingLog.Entry?)]
  private let futureCount: Int
  private let drillCount: Int
  private let goodDrillCount: Int

  private static let clockTolerance: Int64 = 300_000

  /// - Parameter store: the id of the store.
  init(of store: String, now: Int64) throws {
    let all = try ShippingLog.entries().filter { $0.store == store }
    // What a clock that was ahead noted would keep all warnings away.
    let entries = all.filter { $0.time <= now + Self.clockTolerance }
    futureCount = all.count - entries.count
    // Those that this store was shipped to: another store may have others.
    let backups = entries.filter { $0.kind == .backup && $0.isGood }
    configured = try Configuration.load().targets.keys.sorted().compactMap { name in
      guard let named = backups.last(where: { $0.name == name }) else { return nil }
      // Under whatever name it was given since.
      return (name, backups.filter { $0.target == named.target }.max { $0.time < $1.time })
    }
    let drills = entries.filter { $0.kind == .drill }
    self.now = now
    lastBackup = entries.filter { $0.kind == .backup && $0.isGood }.max { $0.time < $1.time }
    lastDrill = drills.filter(\.isGood).max { $0.time < $1.time }
    drillCount = drills.count
    goodDrillCount = drills.count(where: \.isGood)
  }

  /// What is later than it may be.
  func warnings(maxBackupAge: Int64?, maxDrillAge: Int64?) -> [String] {
    var warnings = [
      late("good drill", lastDrill, maxDrillAge, "run 'varve drill TARGET'")
    ]
    if configured.isEmpty {
      warnings.append(late("backup", lastBackup, maxBackupAge, "run 'varve backup TARGET'"))
    }
    // One target that gets its backups must not hide one that gets none.
    for (name, last) in configured {
      warnings.append(
        late("backup to \(name)", last, maxBackupAge, "run 'varve backup \(name)'"))
    }
    if futureCount > 0, maxBackupAge != nil || maxDrillAge != nil {
      warnings.append(
        "\(futureCount) entries of \(ShippingLog.path) are of the future; mind the clock")
    }
    return warnings.compactMap { $0 }
  }

  private func late(
    _ what: String, _ entry: ShippingLog.Entry?, _ age: Int64?, _ advice: String
  ) -> String? {
    guard let age else { return nil }
    guard let entry else { return "there was no \(what) from this machine; \(advice)" }
    guard now - entry.time > age else { return nil }
    return "the last \(what) was \(TimeText.shortSpan(now - entry.time)) ago, to \(entry.target); "
      + advice
  }

  func print() {
    if let lastBackup {
      Output.line(
        Escape.terminal(
          "last backup \(TimeText.local(lastBackup.time)), generation \(lastBackup.generation), to "
            + lastBackup.target))
    }
    if let lastDrill {
      Output.line(
        Escape.terminal(
          "last good drill \(TimeText.local(lastDrill.time)) of \(lastDrill.target): restored in "
            + "\(TimeText.shortSpan(lastDrill.restoreMilliseconds)), "
            + "\(TimeText.shortSpan(lastDrill.recoveryPointMilliseconds)) would have been lost; "
            + "\(goodDrillCount) of \(drillCount) drills were good"))
    }
  }

  var json: JSON {
    .object([
      ("lastBackup", .time(lastBackup?.time)), ("lastBackupTarget", .text(lastBackup?.target)),
      ("lastGoodDrill", .time(lastDrill?.time)), ("drills", .int(drillCount)),
      ("goodDrills", .int(goodDrillCount)),
      ("restoreMilliseconds", lastDrill.map { .int($0.restoreMilliseconds) } ?? .null),
      (
        "recoveryPointMilliseconds",
        lastDrill.map { .int($0.recoveryPointMilliseconds) } ?? .null
      ),
    ])
  }
}
