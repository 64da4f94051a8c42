// The menu of workloads. Each prints its figures as a table or, with --json, as one object.

import Varve
import VarveBenchRivals
import VarveSources

@main
enum Bench {
  static var menu: [(name: String, what: String, run: (Arguments) throws -> [Figure])] {
    [
      ("corpus", "write the seeded corpus to --out", Workloads.corpus),
      ("physics", "parsing, hashing, compressing the corpus, each alone", Workloads.physics),
      ("ingest", "JSONL file into a new store, everything durable, no full text", Workloads.ingest),
      ("text", "full text of the store that ingest made", Finding.text),
      ("find", "100 queries a kind, first 20 with content, exact totals", Finding.find),
      ("sqlite", "loading and finding by SQLite FTS5, the same messages", Finding.sqlite),
      ("repeated", "queries that come again, with the result cache", Finding.repeated),
      ("complete", "words as they are typed, letter by letter", Finding.complete),
      ("grep", "patterns in raw content; rivals/ripgrep_grep.py runs the same", Grepping.grep),
      ("bounded", "requests that are made to be expensive", Bounded.run),
      (
        "reports", "reports, beside SQLite; rivals/sql_reports.py asks DuckDB, too",
        Reporting.reports
      ),
      ("ship", "backups, a restore and verifications, beside cp -r and sync", Shipping.ship),
      ("get", "by-hash reads with content, beside SQLite through its C API", Workloads.get),
      ("open", "open a store and answer a first query", Workloads.open),
      ("newest", "the 50 newest occurrences of a project, with content", Workloads.newest),
      (
        "commit", "one-message commits beside bare append and fdatasync; groups of 16",
        Workloads.commit
      ),
    ]
  }

  static func main() {
    do {
      let arguments = try Arguments(CommandLine.arguments.dropFirst())
      guard let workload = menu.first(where: { $0.name == arguments.workload }) else {
        print(
          """
          usage: run WORKLOAD [--messages N] [--seed N] [--dir DIR] [--store DIR] [--out FILE]
                 [--query TEXT] [--one-thread] [--json]
          """)
        for entry in menu { print("  \(entry.name): \(entry.what)") }
        System.end(2)
      }
      Report.show(arguments, try workload.run(arguments))
    } catch {
      print("bench: \(error)")
      System.end(1)
    }
  }
}

/// One measured value.
struct Figure {
  let name: String
  let value: Double
  let unit: String

  init(_ name: String, _ value: Double, _ unit: String) {
    self.name = name
    self.value = value
    self.unit = unit
  }
}

/// Arguments common to all workloads.
struct Arguments {
  var workload = ""
  var messages = 1_000_000
  var seed: UInt64 = 1
  var directory = "/tmp/varve-bench"
  var store: String?
  var out: String?
  var json = false
  /// Searches on the calling thread alone, as the rivals do.
  var oneThread = false
  /// One query, asked again and again, instead of those that are drawn: for a profile.
  var query: String?

  init(_ words: ArraySlice<String>) throws {
    var rest = Array(words)
    func value() throws -> String {
      guard rest.count > 1 else { throw StoreError(.limit, detail: "\(rest[0]) needs a value") }
      return rest.remove(at: 1)
    }
    while let word = rest.first {
      switch word {
      case "--messages": messages = Int(try value()) ?? messages
      case "--seed": seed = UInt64(try value()) ?? seed
      case "--dir": directory = try value()
      case "--store": store = try value()
      case "--out": out = try value()
      case "--query": query = try value()
      case "--json": json = true
      case "--one-thread": oneThread = true
      default: workload = word
      }
      rest.removeFirst()
    }
  }

  var concurrency: Concurrency { oneThread ? .none : .dispatch }
  var corpusPath: String { out ?? directory + "/corpus-\(messages)-\(seed).jsonl" }
  var storePath: String { store ?? directory + "/store-\(messages)-\(seed)" }
}

enum Report {
  static func show(_ arguments: Arguments, _ figures: [Figure]) {
    if arguments.json {
      let members = figures.map { "\"\($0.name)\":{\"value\":\($0.value),\"unit\":\"\($0.unit)\"}" }
      print(
        "{\"workload\":\"\(arguments.workload)\",\"messages\":\(arguments.messages),"
          + "\"seed\":\(arguments.seed),\"figures\":{\(members.joined(separator: ","))}}")
      return
    }
    for figure in figures {
      let name = figure.name + String(repeating: " ", count: max(1, 34 - figure.name.count))
      print("\(name)\(Double(Int(figure.value * 1000)) / 1000) \(figure.unit)")
    }
  }
}
