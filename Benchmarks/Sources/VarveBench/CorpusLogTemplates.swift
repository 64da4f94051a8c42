/// The debug lines of a corpus: the shapes that a coding agent's client writes, with its tags.
extension CorpusTemplates {
  static let logs = #"""
    30 DEBUG - | Writing to temp file: \#
    /home/dev/.claude/todos/~session~-agent-~uuid~.json.tmp.~pid~.~epoch~
    24 DEBUG - | Renaming /home/dev/.claude/todos/\#
    ~session~-agent-~session~.json.tmp.~pid~.~epoch~ to \#
    /home/dev/.claude/todos/~session~-agent-~session~.json
    24 DEBUG - | File /home/dev/.claude/todos/~session~-agent-~session~.json written atomically
    60 DEBUG - | Temp file written successfully, size: ~bytes~ bytes, inode ~span~
    20 DEBUG - | Preserving file permissions: 100~600|644|755~ [~span~]
    20 DEBUG - | Applied original permissions to temp file [~span~]
    70 DEBUG Hooks | Getting matching hook commands for \#
    ~PreToolUse|PostToolUse|Stop|UserPromptSubmit~ with query: ~tool~ [~span~]
    70 DEBUG Hooks | Matched ~small~ unique hooks for query "~tool~" (~small~ before \#
    deduplication [~span~])
    50 DEBUG Hooks | executePreToolHooks called for tool: ~tool~ (~toolUse~)
    30 DEBUG Hooks | Found ~small~ hook matchers in settings [~span~]
    40 DEBUG Hooks | Hook ~PreToolUse|PostToolUse|Stop~ (~file~) success: exit 0 after ~micros~us \#
    [~span~]
    6 WARN Hooks | Hook ~PreToolUse|PostToolUse|Stop~ (~file~) exit ~small~ after ~micros~us: \#
    ~words~
    60 DEBUG API:request | [API:request] Creating client for ~request~, \#
    model=~claude-opus-4-5|claude-sonnet-4-5|claude-haiku-4-5~
    60 DEBUG API:request | [API:request] ~request~ first byte after ~micros~us, tokens in \#
    ~count~, cached ~count~
    40 DEBUG API:auth | [API:auth] OAuth token check starting [~span~]
    40 DEBUG API:auth | [API:auth] OAuth token check complete, expires in ~count~s [~span~]
    50 INFO API:request | [API:request] ~request~ completed in ~micros~us, \#
    stop=~tool_use|end_turn|max_tokens~, tokens out ~count~
    8 ERROR API:request | [API:request] ~request~ failed with ~429|500|529|401~ after ~micros~us, \#
    attempt ~small~ of 10, retry in ~decimal~s
    70 DEBUG Stream | Stream started - received first chunk (~request~)
    14 WARN Stream | Streaming stall detected: ~decimal~s gap between events (stall #~small~)
    40 DEBUG LSP MANAGER | [LSP MANAGER] Diagnostics for ~path~: ~small~ errors, ~small~ \#
    warnings, version ~span~
    20 DEBUG LSP MANAGER | [LSP MANAGER] Created manager instance, state=~pending|running~, \#
    generation ~small~
    16 INFO LSP SERVER MANAGER | [LSP SERVER MANAGER] ~sourcekit-lsp|gopls|rust-analyzer|pyright~ \#
    initialized in ~micros~us (pid ~pid~)
    30 DEBUG LSP Diagnostics | LSP Diagnostics: Registered ~small~ diagnostics for ~path~ (~span~)
    30 DEBUG FileHistory | FileHistory: Tracked edit of ~path~ as ~digest16~@v~small~
    30 DEBUG FileHistory | FileHistory: Added snapshot for ~uuid~, tracking ~small~ files, tree \#
    ~span~
    16 DEBUG FileHistory | FileHistory: Backup of ~path~ has digest ~digest~
    50 DEBUG FileIndex | [FileIndex] Indexed ~count~ files under ~directory~ in ~micros~us (root \#
    ~span~)
    30 DEBUG SLOW OPERATION DETECTED | [SLOW OPERATION DETECTED] \#
    ~execSync|readFileSync|JSON.parse|structuredClone~ (~micros~us) [~span~]: ~path~
    36 DEBUG MCP server | MCP server "~github|postgres|browser|memory|linear~": Calling MCP tool: \#
    ~ident~ (~span~)
    36 DEBUG MCP server | MCP server "~github|postgres|browser|memory|linear~": Tool '~ident~' \#
    completed successfully in ~micros~us [~span~]
    8 ERROR MCP server | MCP server "~github|postgres|browser|memory|linear~" Connection failed \#
    after ~micros~us: connect ECONNREFUSED 127.0.0.1:~pid~
    6 ERROR MCP server | MCP server "~github|postgres|browser|memory|linear~" Server stderr: ~words~
    10 DEBUG Permissions | Applying permission update: Adding ~small~ ~allow|deny~ rule(s) to \#
    destination '~userSettings|projectSettings|session~': [~rules~]
    40 DEBUG Permissions | Permission check for ~tool~(~path~): ~allowed|allowed|ask~ by rule \#
    ~small~ [~span~]
    30 DEBUG render | [render] frame ~count~ took ~micros~us, ~count~ cells changed, tree ~span~
    40 DEBUG REPL | [REPL:mount] message ~uuid~ appended, ~count~ in transcript
    40 DEBUG Query | [Query.streamInput] turn ~small~ parent ~span~ queue ~small~
    30 DEBUG ToolSearch | [ToolSearch:optimistic] ~ident~ scored ~decimal~ for "~phrase~" (~span~)
    50 DEBUG Bash | Bash: spawned pid ~pid~ in ~directory~ for ~toolUse~
    50 DEBUG Bash | Bash: pid ~pid~ exited ~0|0|0|1|2|127~ after ~micros~us, ~bytes~ bytes of \#
    output [~span~]
    20 DEBUG Compaction | Compaction: ~count~ tokens of ~count~, threshold at ~small~% [~span~]
    12 DEBUG PROMPT CACHE BREAK | [PROMPT CACHE BREAK] system prompt changed (~digest16~ -> \#
    ~digest16~), ~count~ tokens recreated
    30 DEBUG Telemetry | [3P telemetry] exported ~small~ events in ~micros~us, trace \#
    ~digest16~~digest16~
    4 ERROR Telemetry | 1P event logging: ~small~ events failed to export, kept in \#
    /home/dev/.claude/telemetry/~uuid~.json
    20 DEBUG Git | Git: HEAD of ~directory~ is ~commit~ on branch \#
    ~main|develop|feature~/~word~-~count~
    20 DEBUG AutoUpdaterWrapper | AutoUpdaterWrapper: Checked 2.~small~.~small~, no update
    30 DEBUG Skills | Loaded ~small~ unique skills (managed: 0, user: ~small~, project: ~small~, \#
    legacy commands: ~small~) [~span~]
    16 DEBUG Shell | Shell snapshot at \#
    /home/dev/.claude/shell-snapshots/snapshot-zsh-~epoch~-~digest16~.sh (~bytes~ bytes)
    16 DEBUG Agent: Plan | [Agent: Plan] ~phrase~ ~ident~ in ~path~
    12 INFO Agent: Explore | [Agent: Explore] finished ~uuid~ with ~small~ tool calls: ~words~
    10 WARN Settings | Settings: Unknown key "~ident~" in ~directory~/.claude/settings.json, ignored
    7 ERROR - | Error: Error: Request was aborted.\n    at ~ident~ \#
    (/$bunfs/root/claude:~place~)\n    at ~type~.~ident~ (/$bunfs/root/claude:~place~)\n    at \#
    processTicksAndRejections (native:7:39)
    6 ERROR AxiosError | AxiosError: timeout of ~count~ms exceeded (~request~)\n    at ~ident~ \#
    (file:///home/dev/.local/lib/cli.js:~place~)\n    at async ~ident~ \#
    (file:///home/dev/.local/lib/cli.js:~place~)
    5 ERROR - | Error: EISDIR: illegal operation on a directory, read '~directory~'\n    at \#
    ~ident~ (node:fs:~place~)\n  errno: -21,\n  syscall: 'read',\n  code: 'EISDIR'
    5 ERROR MaxFileReadTokenExceededError | MaxFileReadTokenExceededError: File content (~count~ \#
    tokens) exceeds maximum allowed tokens (25000): ~path~
    5 ERROR - | Error: NON-FATAL: Lock acquisition failed for ~path~ (expected in multi-process \#
    scenarios)
    """#
}
