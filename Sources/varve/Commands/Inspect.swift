// `varve inspect`: any file of a store, structure by structure.

import ArgumentParser
import Varve

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take a file of a store apart, structure by structure.",
    discussion: """
      Works on damaged files too: what does not make sense is said with its place. FILE is a \
      segment, an index, a manifest, CURRENT or TAIL.
      """)

  @OptionGroup var json: JSONArguments

  @Argument(help: ArgumentHelp("The file.", valueName: "file"))
  var file: String

  func run() throws {
    let inspection = try Forensics.inspect(file)
    if json.json {
      JSON.object([
        ("file", .string(file)),
        (
          "structures",
          .array(
            inspection.structures.map { structure in
              .object(
                [("offset", .int(structure.offset)), ("kind", .string(structure.kind))]
                  + structure.fields.map { ($0.name, .string($0.value)) })
            })
        ),
        ("problem", .text(inspection.problem)),
      ]).print()
    } else {
      for structure in inspection.structures {
        let fields = structure.fields.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
        let offset = String(structure.offset)
        let padded = String(repeating: " ", count: max(0, 10 - offset.count)) + offset
        Output.line(
          Escape.terminal("\(padded)  \(structure.kind)  \(fields)"))
      }
      if let problem = inspection.problem { Output.line(Escape.terminal("PROBLEM: \(problem)")) }
    }
    if inspection.problem != nil { throw Exit(code: 4) }
  }
}
