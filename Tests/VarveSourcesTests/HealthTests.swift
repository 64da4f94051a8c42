// What `varve doctor` knows of a home: what is kept, what is at risk, what is left out.

import Foundation
import Testing
import Varve
import VarveFormat
import VarveSources
import VarveTestSupport

@Suite("Health") struct HealthTests {
  private func health(_ world: World) throws -> HomeHealth {
    try HomeHealth(world.home, world.snapshot(), host: "test", filter: SourceFilter())
  }

  @Test("Files are kept, changed or missing; old ones are endangered, then free to go")
  func comparesHomes() throws {
    let world = try World()
    try world.history(#"{"display":"one","timestamp":1767323045678}"# + "\n")
    try world.transcript(messageLine("user", "\"first\""), name: "old.jsonl")
    try world.scratch.age("home/projects/-p/old.jsonl", seconds: 25 * 86400)
    try world.scratch.write("home/.credentials.json", "{}")
    try world.scratch.write("home/settings.json", #"{"cleanupPeriodDays": 20}"#)
    try world.ingest()
    var found = try health(world)
    #expect(found.all.files == 3 && found.kept.files == 3 && found.missing.files == 0)
    #expect(found.leftOut == [".credentials.json"] && found.cleanupDays == 20)
    #expect(found.endangered.files == 1 && found.endangeredUnkept.files == 0)
    #expect(found.freeable.files == 1 && found.byFolder["projects"]?.files == 1)
    try world.scratch.append("home/history.jsonl", "\n")
    try world.transcript(messageLine("user", "\"new\""), name: "new.jsonl")
    try world.scratch.age("home/projects/-p/new.jsonl", seconds: 30 * 86400)
    found = try health(world)
    #expect(found.changed.files == 1 && found.missingNames == ["projects/-p/new.jsonl"])
    #expect(found.endangeredUnkept.files == 1 && found.freeable.files == 1)
    let next = try #require(found.nextDeletion)
    #expect(next < Int64(Date().timeIntervalSince1970 * 1000))
  }

  @Test("Without settings the limit is 30 days; a folder that is no home is an error")
  func readsSettings() throws {
    let world = try World()
    try world.history(#"{"display":"one","timestamp":1}"# + "\n")
    try world.ingest()
    #expect(try health(world).cleanupDays == 30)
    for text in ["{", #"{"cleanupPeriodDays": -1}"#, #"{"cleanupPeriodDays": "x"}"#, "[]"] {
      try world.scratch.write("home/settings.json", text)
      #expect(try health(world).cleanupDays == 30, "\(text)")
    }
    #expect(throws: SourceError.self) {
      try HomeHealth(
        world.scratch.path, world.snapshot(), host: "test", filter: SourceFilter())
    }
  }

  @Test(
    "The command says it, with exit code 1 where something is to be done",
    .enabled(if: Command.binary != nil, Command.reason))
  func runsDoctor() throws {
    let world = try World()
    let command = try Command(world)
    try world.transcript(messageLine("user", "\"first\"") + #"{"type":"never-seen"}"# + "\n")
    #expect(try command.run("ingest", world.home, "--quiet").code == 0)
    let first = try command.run("doctor", "--json")
    let object = try first.object()
    #expect(first.code == 1 && object["ok"] as? Bool == false)
    let warnings = try #require(object["warnings"] as? [String])
    #expect(warnings.count == 1 && warnings[0].contains("1 records are not understood"))
    try world.transcript(messageLine("user", "\"second\""), name: "t.jsonl")
    let second = try command.run("doctor")
    #expect(second.code == 1 && second.text.contains("varve ingest "))
    #expect(try command.run("doctor", world.scratch.path).code == 1)
  }
}
