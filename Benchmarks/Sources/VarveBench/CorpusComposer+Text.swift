/// The kinds of text: prompts, answers, code, the inputs and the results of tools.
extension CorpusComposer {
  /// A length in bytes, so that the quantiles of texts are those of real transcripts.
  mutating func drawTextByteCount() -> Int {
    let share = random.below(1_000_000)
    var previous = Self.quantiles[0]
    for quantile in Self.quantiles {
      if share < quantile.share {
        let span = quantile.byteCount - previous.byteCount
        return previous.byteCount + span * (share - previous.share)
          / (quantile.share - previous.share)
      }
      previous = quantile
    }
    return previous.byteCount
  }

  /// Millionths of all texts, and the length that so many of them stay below.
  private static let quantiles: [(share: Int, byteCount: Int)] = [
    (0, 14), (50_000, 24), (100_000, 36), (250_000, 86), (400_000, 150), (500_000, 195),
    (600_000, 236), (750_000, 310), (900_000, 490), (950_000, 770), (980_000, 1_750),
    (990_000, 2_950), (995_000, 4_400), (999_000, 9_000), (999_900, 25_000), (1_000_000, 60_000),
  ]

  mutating func appendPrompt(_ byteCount: Int) {
    append(draw(prompts))
    appendProse(byteCount - 40)
  }

  /// Sentences, until the content has `byteCount` bytes.
  mutating func appendProse(_ byteCount: Int) {
    while out.count < byteCount {
      if out.count > 0 {
        appendSeparator()
      }
      switch random.below(100) {
      case 0..<40: append(draw(sentences))
      case 40: append(draw(foreign))
      default: appendSentence(byteCount)
      }
    }
  }

  private mutating func appendSeparator() {
    guard out[out.count - 1] != 10 else { return }
    if random.chance(220) {
      out.append(random.chance(500) ? "\n\n" : "\n")
    } else {
      out.append(32)
    }
  }

  private mutating func appendSentence(_ byteCount: Int) {
    let start = out.count
    var wordCount = 3 + random.below(8)
    repeat {
      if out.count > start {
        out.append(random.chance(70) ? ", " : " ")
      }
      switch random.below(100) {
      case 0..<4: appendIdentifier()
      case 4: out.append(decimal: random.logarithmic(below: 10_000))
      case 5..<58: appendPhrase()
      default: appendWord()
      }
      wordCount -= 1
    } while wordCount > 0 && out.count < byteCount
    if out[start] >= 97 && out[start] <= 122 {
      out[start] -= 32
    }
    out.append(random.chance(60) ? "?" : ".")
  }

  mutating func appendCode(_ byteCount: Int) {
    while out.count < byteCount {
      append(draw(code))
    }
  }

  /// The JSON of a tool's input, whose strings hold code: escapes inside escapes.
  mutating func appendToolInput(_ byteCount: Int) {
    switch Self.inputForms[tool] {
    case .file:
      out.append("{\"file_path\":\"")
      appendPath()
      out.append("\",\"offset\":")
      out.append(decimal: random.logarithmic(below: 4_000))
      out.append(",\"limit\":")
      out.append(decimal: 10 + random.logarithmic(below: 400))
    case .edit:
      out.append("{\"file_path\":\"")
      appendPath()
      out.append("\",\"old_string\":\"")
      appendEscapedCode(max(20, byteCount / 2 - 40))
      out.append("\",\"new_string\":\"")
      appendEscapedCode(max(30, byteCount / 2 - 20))
      out.append("\"")
    case .command:
      out.append("{\"command\":\"")
      appendCommand(byteCount - 70)
      out.append("\",\"description\":\"")
      appendWords(2 + random.below(4))
      out.append("\"")
    case .pattern:
      out.append("{\"pattern\":\"")
      appendIdentifier()
      out.append("\\\\s*\\\\(\",\"path\":\"")
      appendDirectory()
      out.append("\",\"head_limit\":")
      out.append(decimal: random.below(200))
    case .list:
      out.append("{\"todos\":[")
      appendTodos(byteCount)
      out.append("]")
    }
    out.append("}")
  }

  private enum InputForm {
    case file, edit, command, pattern, list
  }

  /// The form of the input of each of `tools`.
  private static let inputForms: [InputForm] = [
    .file, .command, .edit, .pattern, .edit, .pattern, .list, .command, .pattern, .edit,
  ]

  /// Code of about `byteCount` bytes as the inside of a JSON string.
  private mutating func appendEscapedCode(_ byteCount: Int) {
    swap(&out, &scratch)
    out.truncate(to: 0)
    if random.chance(500) {
      recall.appendPart(to: &out, byteCountMax: byteCount * 9 / 10, &random)
    }
    appendCode(byteCount)
    swap(&out, &scratch)
    out.append(escaped: scratch)
  }

  private mutating func appendCommand(_ byteCount: Int) {
    let start = out.count
    repeat {
      if out.count > start {
        out.append(" && ")
      }
      out.append(Self.commands[random.below(Self.commands.count)])
      switch random.below(4) {
      case 0: appendPath()
      case 1: appendIdentifier()
      case 2:
        out.append("\\\"")
        appendPhrase()
        out.append("\\\"")
      default: appendFile()
      }
    } while out.count - start < byteCount
  }

  private static let commands: [StaticString] = [
    "swift test --filter ", "git log --oneline -20 -- ", "git commit -m ", "grep -rn ", "cat ",
    "python3 -m pytest -q ", "npm run test -- ", "cargo test ", "ls -la ", "git diff HEAD~1 -- ",
  ]

  private mutating func appendTodos(_ byteCount: Int) {
    var isFirst = true
    repeat {
      out.append(isFirst ? "{\"content\":\"" : ",{\"content\":\"")
      isFirst = false
      appendWords(3 + random.below(5))
      out.append("\",\"status\":\"")
      out.append(random.chance(500) ? "completed" : "pending")
      out.append("\",\"activeForm\":\"")
      appendPhrase()
      out.append("\"}")
    } while out.count < byteCount
  }

  mutating func appendToolOutput(_ byteCount: Int) {
    if random.chance(600) {
      recall.appendPart(to: &out, byteCountMax: byteCount * 9 / 10, &random)
    }
    guard random.chance(620) else { return appendListing(byteCount) }
    let group = random.below(results.count)
    repeat {
      append(draw(results[group]))
    } while out.count < byteCount
  }

  /// A file as the reading tool shows it: each line with its number, an arrow and code.
  private mutating func appendListing(_ byteCount: Int) {
    var line = 1 + (random.chance(500) ? 0 : random.logarithmic(below: 2_000))
    repeat {
      out.append(line < 10 ? "     " : line < 100 ? "    " : line < 1_000 ? "   " : "  ")
      out.append(decimal: line)
      out.append("\u{2192}")
      append(draw(code))
      line += 1
    } while out.count < byteCount
  }
}
