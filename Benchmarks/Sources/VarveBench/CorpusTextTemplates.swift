/// The sentences, code lines and tool results of a corpus, in the groups that the composer draws.
extension CorpusTemplates {
  /// Sentences as an agent writes them about code, which repeat more than a person's do.
  static let sentences = #"""
    4 | I'll look at `~path~` to see how `~ident~` ~words~.
    4 | Now let me update `~ident~` so that it ~phrase~.
    3 | The problem is in `~file~`: `~ident~` ~phrase~ before `~ident~` ~words~.
    3 | Let me run the tests again to check that ~phrase~.
    3 | All ~count~ tests pass. The change to `~file~` ~words~.
    3 | - **~type~**: ~words~
    3 | - `~ident~(~word~:)` ~phrase~
    2 | 1. ~words~\n2. ~words~\n3. ~phrase~
    2 | ## ~type~ ~phrase~\n\n
    2 | I see: ~phrase~, because `~type~` ~words~.
    2 | ```swift\n~code~~code~```\n
    2 | See ~path~:~count~ for ~phrase~.
    1 | Commit ~commit~ ~phrase~ (#~count~).
    1 | | `~ident~` | ~count~ | ~decimal~ ms | ~phrase~ |\n
    1 | The file said "~phrase~" where it should say "~phrase~".
    1 | https://example.com/docs/~word~/~word~#~ident~ ~words~
    """#

  /// What a person types.
  static let prompts = #"""
    5 | ~fix|check|look at|explain|review|test~ ~path~ and ~words~
    4 | why does ~ident~ ~phrase~?
    4 | can you ~phrase~ in ~file~ and ~words~
    3 | please ~words~ like in ~type~
    3 | now ~phrase~, then ~words~
    2 | the test for ~ident~ fails with "~phrase~"
    2 | rename ~ident~ to ~newIdent~ everywhere
    1 | @~path~ ~words~
    """#

  /// Lines of code in no one language, but with the marks of several.
  static let code = #"""
    8 |     let ~ident~ = ~ident~.~ident~(~ident~)\n
    7 |     return ~ident~\n
    6 |     if ~ident~ == ~count~ {\n
    6 |     }\n
    6 | \n
    5 |     self.~ident~ = ~ident~\n
    5 |     // ~words~\n
    4 |   func ~ident~(_ ~ident~: ~type~, ~word~: Int) throws -> ~type~ {\n
    4 |   }\n
    4 |     guard let ~ident~ = ~ident~[~small~] else { return nil }\n
    4 |     for ~word~ in ~ident~.~ident~ {\n
    3 |       ~ident~.append(~type~(~word~: ~ident~, count: ~count~))\n
    3 |     throw ~type~Error.~ident~("~phrase~")\n
    3 | \tif err := ~ident~.~type~(ctx, ~ident~); err != nil {\n\t\treturn fmt.Errorf("~phrase~: \#
    %w", err)\n\t}\n
    3 |     const ~ident~ = await ~ident~(`${~ident~}/~word~`, { ~ident~: ~true|false~ });\n
    3 |     assert ~ident~(~count~, "~phrase~") == ~count~\n
    2 |   /// ~words~\n
    2 |   private let ~newIdent~: [~type~]\n
    2 |     case .~ident~: return "~word~-~count~"\n
    2 | struct ~type~ {\n
    2 | }\n
    2 | import ~type~\n
    2 |     let ~newIdent~ = 0x~span~\n
    2 |     case 0x~span~: return .~ident~\n
    1 |     #expect(~ident~.~ident~ == "~digest~")\n
    """#

  /// Groups of tool results; one result is made of lines of one group.
  static let results: [String] = [
    #"""
    6 | ~path~:~count~:~code~
    1 | ~path~-~count~-~code~
    """#,
    #"""
    6 | -rw-r--r-- 1 dev dev ~bytes~ ~date~ ~file~\n
    1 | drwxr-xr-x ~small~ dev dev 4096 ~date~ ~word~\n
    """#,
    #"""
    8 | \e[32m✓\e[0m ~type~ ~phrase~ \e[2m(~decimal~ ms)\e[0m\n
    3 | Test Case '~type~Tests.test~type~' passed (~decimal~ seconds)\n
    1 | \e[31m✗\e[0m ~type~ ~phrase~\n    Expected: "~count~"\n    Received: "~count~"\n        \#
    at ~path~:~place~\n
    1 | [~count~/~count~] Compiling ~type~ ~file~\n
    """#,
    #"""
    4 | ~commit~ ~phrase~\n
    2 | commit ~digest~\nAuthor: Dev <dev@example.com>\nDate:   ~date~ 2025 +0200\n\n    ~words~\n\n
    2 |  ~path~ | ~count~ ++++---\n
    """#,
    #"""
    5 | ~path~:~place~: ~error|warning|note~: ~cannot find|unused variable|type mismatch in~ \#
    '~ident~' ~phrase~\n~code~        ^^^^^\n
    2 |     at ~type~.~ident~ (~path~:~place~)\n
    """#,
    #"""
    5 | {"id":"~uuid~","name":"~ident~","count":~count~,"updated":~epoch~,"note":"~phrase~"}\n
    2 | {"error":null,"digest":"~digest~","path":"~path~"}\n
    """#,
    #"""
    5 | ~path~\n
    """#,
    #"""
    3 | ~words~\n
    1 | \n
    2 | - ~phrase~: `~ident~`, ~words~\n
    """#,
  ]

  /// Whole contents that are short and always the same, as confirmations are.
  static let fixed = #"""
    9 | Todos have been modified successfully. Ensure that you continue to use the todo list to \#
    track your progress.
    5 | (Bash completed with no output)
    3 | No matches found
    3 | No files found
    2 | continue
    2 | yes
    1 | ok, go on
    1 | [Request interrupted by user]
    1 | commit this
    1 | <system-reminder>The file is empty.</system-reminder>
    1 | 続けてください。
    1 | run the tests again 🚀
    """#

  /// Sentences outside ASCII, so that no reader gets away with counting bytes as characters.
  static let foreign = #"""
    3 | テストが~失敗|成功|完了~しました。`~ident~` を~確認|修正|削除~してください。
    3 | 请~检查|修复|更新~ `~ident~` 的~错误|配置|缓存~，然后重新运行测试。
    2 | Größe der Datei ~file~: ~bytes~ Bytes – überprüft für ~phrase~.
    2 | ✅ ~phrase~ 🎉 ⚠️ ~words~
    1 | ~테스트|파일|검색~ 결과를 확인하세요: ~ident~
    1 | Проверка ~path~ завершена: ~words~
    """#
}
