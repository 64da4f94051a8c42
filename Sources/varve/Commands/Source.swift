// `varve source`: the archived originals of what was read.

import ArgumentParser
import Varve
import VarveSources

struct Source: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, show and restore the archived originals.",
    discussion: """
      Every file of a home that was ingested is kept byte for byte. 'list' shows them, also those \
      that are gone at the source; 'show' writes one; 'restore' writes whole homes again.
      """,
    subcommands: [List.self, Show.self, Restore.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the originals.",
      discussion: """
        The state is compared with the source on this host: present, changed since it was read, or \
        gone. With --sha256 the output is input for 'sha256sum -c'; digests that were not computed \
        when a file was read are computed from the archive.
        """)

    @OptionGroup var storeArguments: StoreArguments
    @OptionGroup var json: JSONArguments

    @Argument(help: ArgumentHelp("Only those whose full path starts so.", valueName: "path"))
    var prefix: String?

    @Flag(name: .long, help: "Print SHA-256 and full path of each file, for 'sha256sum -c'.")
    var sha256 = false

    @Flag(name: .long, help: "List versions that were replaced or rewritten, too.")
    var all = false

    @Flag(name: .long, help: "Only those that are gone at the source.")
    var gone = false

    func run() throws {
      let snapshot = try storeArguments.openForReading().snapshot()
      var originals = try snapshot.originals(allVersions: all)
      if let prefix { originals.removeAll { !$0.fullPath.hasPrefix(prefix) } }
      if gone { originals.removeAll { $0.presence != .gone } }
      if sha256 { return try printDigests(originals, snapshot) }
      let host = SourceHost.name
      if json.json {
        let rows = try originals.map { try row($0, host: host, snapshot) }
        return JSON.object([("sources", .array(rows)), ("next", .null)]).print()
      }
      for original in originals where original.map.kind != .folder {
        let state = original.name.host == host ? original.presence.rawValue : original.name.host
        Output.line(
          [
            pad(String(original.map.size), 12), TimeText.local(original.map.modified / 1_000_000),
            state, Escape.terminal(original.fullPath),
          ].joined(separator: "  "))
      }
      if originals.isEmpty { throw Exit(code: 1) }
    }

    private func pad(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private func row(
      _ original: Original, host: String, _ snapshot: Snapshot
    ) throws -> JSON {
      let map = original.map
      let isHere = original.name.host == host
      return .object([
        ("host", .string(original.name.host)), ("home", .string(original.name.home)),
        ("path", .string(original.name.path)), ("type", .string(map.kind.rawValue)),
        ("size", .int(map.size)), ("mode", .string(String(map.mode, radix: 8))),
        ("modified", .time(map.modified / 1_000_000)),
        ("sha256", .text(map.sha256?.description)), ("target", .text(map.target)),
        ("version", .int(UInt64(original.name.incarnation))), ("run", .int(map.run)),
        ("state", isHere ? .string(original.presence.rawValue) : .null),
      ])
    }

    private func printDigests(_ originals: [Original], _ snapshot: Snapshot) throws {
      for original in originals where original.map.kind == .file {
        let digest = try snapshot.bytes(of: original).digest()
        // As coreutils do: a name with a backslash or a line feed is escaped and marked.
        let path = original.fullPath
        let isOdd = path.contains("\\") || path.contains("\n") || path.contains("\r")
        let name =
          isOdd
          ? path.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
            .replacing("\r", with: "\\r") : path
        let shown = Process.isOutputTerminal ? Escape.terminal(name) : name
        Output.line("\(isOdd ? "\\" : "")\(digest)  \(shown)")
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write the bytes of one original to standard output.")

    @OptionGroup var storeArguments: StoreArguments
    @OptionGroup var redact: RedactArguments

    @Argument(help: ArgumentHelp("Its full path, or the last components of it.", valueName: "path"))
    var path: String

    @Option(name: .long, help: ArgumentHelp("The version, as 'list --all --json' shows it."))
    var version: UInt32?

    func run() throws {
      let snapshot = try storeArguments.openForReading().snapshot()
      let all = try snapshot.originals(allVersions: version != nil).filter {
        $0.map.kind == .file && (version == nil || $0.name.incarnation == version)
      }
      var found = all.filter { $0.fullPath == path }
      if found.isEmpty { found = all.filter { $0.fullPath.hasSuffix("/" + path) } }
      guard let original = found.first else {
        throw StoreError(.notFound, detail: "no original is called '\(path)'")
      }
      guard found.count == 1 else {
        let names = found.prefix(10).map { "\n  \($0.name.host) \($0.fullPath)" }.joined()
        throw StoreError(.ambiguous, detail: "'\(path)' may be one of:\(names)")
      }
      let bytes = try snapshot.bytes(of: original)
      // A credential may lie across chunks, so that redacting takes the file as a whole.
      var whole: [UInt8] = []
      for number in 0..<bytes.chunkCount {
        let chunk = try bytes.chunk(number)
        if redact.redact { whole += chunk } else { write(chunk) }
      }
      write(redact.bytes(whole))
    }

    private func write(_ bytes: [UInt8]) {
      Output.raw(
        Process.isOutputTerminal
          ? Array(Escape.terminal(bytes, keepingLines: true).utf8) : bytes)
    }
  }

  struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write archived homes again, with folders, links, modes and times.",
      discussion: """
        Writes DIR/HOST/PATH-OF-THE-HOME. Nothing that is there already is touched: a home that \
        was restored there before is an error.
        """)

    @OptionGroup var storeArguments: StoreArguments
    @OptionGroup var json: JSONArguments

    @Argument(help: ArgumentHelp("Path of a home or of a file; all of them by default."))
    var home: String?

    @Option(name: .long, help: ArgumentHelp("Where to write.", valueName: "dir"))
    var into: String

    func run() throws {
      let snapshot = try storeArguments.openForReading().snapshot()
      var originals = try snapshot.originals()
      if let home {
        let path = home.count > 1 && home.hasSuffix("/") ? String(home.dropLast()) : home
        originals.removeAll {
          $0.name.home != path && $0.fullPath != path && !$0.fullPath.hasPrefix(path + "/")
        }
      }
      guard !originals.isEmpty else {
        throw StoreError(.notFound, detail: "no original of '\(home ?? "any home")'")
      }
      var restore = OriginalRestore(snapshot, into: into)
      let result = try restore.run(originals)
      if json.json {
        JSON.object([
          ("files", .int(result.files)), ("folders", .int(result.folders)),
          ("links", .int(result.links)), ("bytes", .int(result.bytes)),
          ("targets", .array(result.targets.map { .string($0) })),
        ]).print()
      } else {
        Output.line(
          "\(result.files) files, \(result.folders) folders, \(result.links) links, "
            + "\(result.bytes) bytes")
        for target in result.targets { Output.line("  " + Escape.terminal(target)) }
      }
    }
  }
}
