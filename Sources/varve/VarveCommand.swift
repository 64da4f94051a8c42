// The command line: one file a command under Commands/, what they share under Support/.

import ArgumentParser

/// The root command.
struct VarveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "varve",
    abstract: "Keeps the memory of AI coding work: sessions, prompts, answers, tool calls, logs.",
    discussion: """
      The store is --store, else VARVE_STORE, else $XDG_DATA_HOME/varve (~/.local/share/varve).

      Exit codes: 0 done; 1 nothing found, or a check failed; 2 usage; 3 done, but input was \
      skipped or doubtful; 4 store or backup damaged, or of a newer format; 5 busy; 6 system or \
      network; 7 key or permission.
      """,
    version: ProgramVersion.text,
    subcommands: [
      Ingest.self, WatchCommand.self, Search.self, Grep.self, Get.self, List.self,
      SessionCommand.self, Sessions.self, Projects.self, ReportCommand.self, TimelineCommand.self,
      TopCommand.self, Runs.self, Source.self, Doctor.self, Secrets.self, Stats.self, Verify.self,
      Attest.self, Rebuild.self, Compact.self, Forget.self,
      Backup.self, Backups.self, Restore.self, Prune.self, Drill.self, KeyCommand.self,
      SettingsCommand.self, Export.self, Inspect.self,
    ])
}

enum ProgramVersion {
  static let text = "0.1.0"
}

@main
enum Program {
  static func main() {
    Process.prepareSignals()
    do {
      var command = try VarveCommand.parseAsRoot()
      try command.run()
      Output.flush()
    } catch {
      Output.flush()
      ErrorReport.exit(error)
    }
  }
}
