#!/usr/bin/env python3
"""Write the made-up home folder Tests/Fixtures/sample-home.

It looks like the ~/.claude of Sam, who works on three small things over two weeks: `orchard` (a parser for planting
plans), `lighthouse` (a web service) and a folder of notes. Nothing in it comes from a real person or session. The same
program always writes the same bytes.

    tools/make_sample_home.py            write Tests/Fixtures/sample-home anew
    tools/make_sample_home.py DIR        write it to DIR, which must be new, empty, or an earlier sample home

On purpose the transcripts hold some damage and some oddities: a torn last line, a line that is not JSON, a lone
surrogate, an escape sequence in a tool's output, an unknown type, an image, a failed tool and a failed request.
"""

import argparse
import base64
import datetime
import hashlib
import json
import pathlib
import random
import re
import shutil
import struct
import sys
import zlib

ORCHARD = "/home/sam/code/orchard"
LIGHTHOUSE = "/home/sam/code/lighthouse"
NOTES = "/home/sam/notes"
MODEL = "claude-sonnet-4-5-20250929"

rng = random.Random(20260105)


# --- Small things ----------------------------------------------------------------------------------------------------

def hexes(count):
    return f"{rng.getrandbits(4 * count):0{count}x}"


def uuid():
    return f"{hexes(8)}-{hexes(4)}-4{hexes(3)}-{'89ab'[rng.getrandbits(2)]}{hexes(3)}-{hexes(12)}"


def short_id(prefix):
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789"
    return prefix + "01" + "".join(letters[rng.getrandbits(16) % len(letters)] for _ in range(22))


def hash16(data):
    return hashlib.sha256(data).hexdigest()[:16]


def encoded(cwd):
    return re.sub(r"[^A-Za-z0-9]", "-", cwd)


def iso(ms):
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def at(day, clock):
    """Milliseconds of a time of day in January 2026 (UTC)."""
    hour, minute = clock.split(":")
    moment = datetime.datetime(2026, 1, day, int(hour), int(minute), tzinfo=datetime.timezone.utc)
    return int(moment.timestamp()) * 1000 + rng.getrandbits(10) % 1000


def json_bytes(value):
    """Compact JSON in UTF-8; a lone surrogate stays as its \\u escape."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def tiny_png():
    """A white picture of one pixel."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(b"\x00\xff\xff\xff", 0)) + chunk(b"IEND", b""))


class Home:
    """The files to write, by path, and the prompts for history.jsonl."""

    def __init__(self):
        self.files = {}
        self.history = []

    def put(self, path, data):
        self.files[path] = data if isinstance(data, bytes) else data.encode("utf-8")

    def typed(self, ms, text, project, session, pasted=None):
        self.history.append({"display": text, "pastedContents": pasted or {}, "timestamp": ms, "project": project,
                             "sessionId": session})

    def write(self, folder):
        lines = sorted(self.history, key=lambda entry: entry["timestamp"])
        self.put("history.jsonl", b"".join(json_bytes(line) + b"\n" for line in lines))
        for path in sorted(self.files):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self.files[path])


class Session:
    """One transcript, written record by record."""

    def __init__(self, home, cwd, day, clock, version, branch="main", agent_of=None, agent=None):
        self.home, self.cwd, self.version, self.branch = home, cwd, version, branch
        self.id = agent_of.id if agent_of else uuid()
        self.agent = agent
        self.now = at(day, clock)
        self.lines = []
        self.last = None
        self.response = None

    # The parts of a record

    def later(self, seconds):
        self.now += int(seconds * 1000) + rng.getrandbits(9)

    def record(self, kind, fields, seconds=2.0):
        self.later(seconds)
        own = uuid()
        result = {"parentUuid": self.last, "isSidechain": self.agent is not None, "userType": "external",
                  "cwd": self.cwd, "sessionId": self.id, "version": self.version, "gitBranch": self.branch}
        if self.agent:
            result["agentId"] = self.agent
        result["type"] = kind
        result.update(fields)
        result["uuid"] = own
        result["timestamp"] = iso(self.now)
        self.last = own
        self.add(result)
        return own

    def add(self, value):
        self.lines.append(json_bytes(value))

    def block(self, block, seconds):
        """One line of the model's current response."""
        if self.response is None:
            self.response = (short_id("msg_"), short_id("req_"), 400 + rng.getrandbits(9))
        message, request, tokens = self.response
        usage = {"input_tokens": 4 + rng.getrandbits(3), "cache_creation_input_tokens": tokens,
                 "cache_read_input_tokens": 11000 + rng.getrandbits(12), "output_tokens": 40 + rng.getrandbits(8)}
        return self.record("assistant", {"message": {
            "model": MODEL, "id": message, "type": "message", "role": "assistant", "content": [block],
            "stop_reason": None, "stop_sequence": None, "usage": usage}, "requestId": request}, seconds)

    # What people, model and client do

    def say(self, text, pause=45, typed=True, shown=None, pasted=None, delay=0, content=None, **fields):
        """A prompt; `shown` is how the history spells it, `delay` how many seconds before it the history has it."""
        self.response = None
        own = self.record("user", {"message": {"role": "user", "content": content or text}, **fields}, pause)
        if typed and not self.agent:
            self.home.typed(self.now - delay * 1000 - rng.getrandbits(8), shown or text, self.cwd, self.id, pasted)
        return own

    def think(self, text):
        signature = base64.b64encode(rng.getrandbits(8 * 132).to_bytes(132, "big")).decode()
        self.block({"type": "thinking", "thinking": text, "signature": signature}, 4)

    def answer(self, text):
        self.block({"type": "text", "text": text}, 5)

    def tool(self, name, arguments, output, result=None, error=False, blocks=False):
        """A call of a tool and its result."""
        call = short_id("toolu_")
        self.block({"type": "tool_use", "id": call, "name": name, "input": arguments}, 2)
        block = {"tool_use_id": call, "type": "tool_result",
                 "content": [{"type": "text", "text": text} for text in output] if blocks else output}
        if error:
            block["is_error"] = True
        self.response = None
        if result is None:
            result = "Error: " + output if error else {"stdout": output, "stderr": "", "interrupted": False,
                                                       "isImage": False}
        self.record("user", {"message": {"role": "user", "content": [block]}, "toolUseResult": result}, 1)
        return call

    def bash(self, command, about, output, error=False):
        return self.tool("Bash", {"command": command, "description": about}, output, error=error)

    def read(self, path, text):
        numbered = "\n".join(f"{n:>6}→{line}" for n, line in enumerate(text.splitlines(), 1))
        count = len(text.splitlines())
        return self.tool("Read", {"file_path": f"{self.cwd}/{path}"}, numbered, {"type": "text", "file": {
            "filePath": f"{self.cwd}/{path}", "content": text, "numLines": count, "startLine": 1,
            "totalLines": count}})

    def edit(self, path, before, old, new):
        """An edit, with the version before it kept in file-history. Returns the text after it."""
        full = f"{self.cwd}/{path}"
        after = before.replace(old, new, 1)
        assert after != before, path
        key = hash16(full.encode())
        version = 1 + sum(name.startswith(f"file-history/{self.id}/{key}@v") for name in self.home.files)
        self.home.put(f"file-history/{self.id}/{key}@v{version}", before)
        self.tool("Edit", {"file_path": full, "old_string": old, "new_string": new, "replace_all": False},
                  f"The file {full} has been updated.",
                  {"filePath": full, "oldString": old, "newString": new,
                   "originalFile": before if len(before) < 1000 else None,
                   "structuredPatch": [], "userModified": False, "replaceAll": False})
        self.snapshot({path: {"backupFileName": f"{key}@v{version}", "version": version,
                              "backupTime": iso(self.now)}}, update=True)
        return after

    def todos(self, *items):
        """TodoWrite; the last state also stands in todos/."""
        states = [{"content": text, "status": state, "activeForm": text} for state, text in items]
        self.tool("TodoWrite", {"todos": states}, "Todos have been modified successfully.",
                  {"oldTodos": [], "newTodos": states})
        self.home.put(f"todos/{self.id}-agent-{self.id}.json", json.dumps(states, indent=2))

    def snapshot(self, backups=None, update=False):
        message = self.last or uuid()
        self.add({"type": "file-history-snapshot", "messageId": message, "snapshot": {
            "messageId": message, "trackedFileBackups": backups or {}, "timestamp": iso(self.now)},
            "isSnapshotUpdate": update})

    def system(self, subtype, **fields):
        self.record("system", {"subtype": subtype, **fields}, 0.2)

    def turn_done(self, seconds):
        self.system("turn_duration", durationMs=seconds * 1000 + rng.getrandbits(9), isMeta=False)

    def compact(self, summary):
        before, self.last = self.last, None
        self.system("compact_boundary", logicalParentUuid=before, content="Conversation compacted", isMeta=False,
                    level="info", compactMetadata={"trigger": "auto", "preTokens": 155210})
        self.say("This session is being continued from a previous conversation. What happened so far:\n" + summary,
                 1, typed=False, isVisibleInTranscriptOnly=True, isCompactSummary=True)

    def api_error(self, text, kind):
        self.response = None
        self.record("assistant", {"message": {
            "model": "<synthetic>", "id": uuid(), "type": "message", "role": "assistant",
            "content": [{"type": "text", "text": text}], "stop_reason": "stop_sequence", "stop_sequence": "",
            "usage": {"input_tokens": 0, "output_tokens": 0}}, "isApiErrorMessage": True, "error": kind}, 9)

    def queue(self, operation, content=None):
        entry = {"type": "queue-operation", "operation": operation, "timestamp": iso(self.now), "sessionId": self.id}
        if content is not None:
            entry["content"] = content
        self.add(entry)

    # Files

    def save(self, torn=None):
        name = f"agent-{self.agent}" if self.agent else self.id
        if self.agent and self.version != "2.1.1":
            name = f"{self.id}/subagents/{name}"
        data = b"".join(line + b"\n" for line in self.lines) + (torn or b"")
        self.home.put(f"projects/{encoded(self.cwd)}/{name}.jsonl", data)

    def debug(self, entries, start=None):
        """A debug log with times: (seconds after the entry before, level, text)."""
        now = start or self.now
        text = ""
        for seconds, level, words in entries:
            now += int(seconds * 1000) + rng.getrandbits(5)
            text += f"{iso(now)} [{level}] {words}\n"
        self.home.put(f"debug/{self.id}.txt", text)


# --- The files that Sam works on -------------------------------------------------------------------------------------

LEXER = '''\
"""Splits a planting plan into tokens."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    line: int
    column: int


class LexError(Exception):
    def __init__(self, message, line, column):
        super().__init__(f"{line}:{column}: {message}")
        self.line = line
        self.column = column


PUNCTUATION = {"{": "open", "}": "close", ":": "colon", ",": "comma"}


def tokens(text):
    line, start, at = 1, 0, 0
    while at < len(text):
        char = text[at]
        if char == "\\n":
            line, start = line + 1, at
            at += 1
        elif char.isspace():
            at += 1
        elif char == "#":
            while at < len(text) and text[at] != "\\n":
                at += 1
        elif char in PUNCTUATION:
            yield Token(PUNCTUATION[char], char, line, at - start + 1)
            at += 1
        elif char.isalpha():
            begin = at
            while at < len(text) and (text[at].isalnum() or text[at] in "-_"):
                at += 1
            yield Token("name", text[begin:at], line, begin - start + 1)
        elif char.isdigit():
            begin = at
            while at < len(text) and text[at].isdigit():
                at += 1
            yield Token("number", text[begin:at], line, begin - start + 1)
        else:
            raise LexError(f"unexpected {char!r}", line, at - start + 1)
'''

PARSER = '''\
"""Turns tokens into a plan: rows that hold trees."""

from orchard.lexer import tokens


class ParseError(Exception):
    pass


class Parser:
    def __init__(self, text):
        self.tokens = list(tokens(text))
        self.at = 0

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, kind):
        token = self.peek()
        if token is None:
            raise ParseError(f"expected {kind}, found the end")
        if token.kind != kind:
            raise ParseError(f"{token.line}:{token.column}: expected {kind}, found {token.text!r}")
        self.at += 1
        return token

    def plan(self):
        rows = {}
        while self.peek():
            name = self.take("name").text
            self.take("open")
            rows[name] = self.row()
            self.take("close")
        return rows

    def row(self):
        trees = []
        while self.peek() and self.peek().kind == "name":
            kind = self.take("name").text
            self.take("colon")
            trees.extend([kind] * int(self.take("number").text))
            if self.peek() and self.peek().kind == "comma":
                self.take("comma")
        return trees
'''

SESSION_TS = '''\
import { randomUUID } from "node:crypto";
import type { Store } from "./store";

export interface LoginSession {
  id: string;
  user: string;
  expires: number;
}

const lifetime = 30 * 60;

export async function open(store: Store, user: string, now = Date.now()): Promise<LoginSession> {
  const session = { id: randomUUID(), user, expires: now + lifetime };
  await store.put(session.id, session);
  return session;
}

export async function find(store: Store, id: string, now = Date.now()): Promise<LoginSession | undefined> {
  const session = await store.get(id);
  if (!session || session.expires < now) return undefined;
  return session;
}
'''

LIMIT_TS = '''\
export class Bucket {
  private tokens: number;
  private last: number;

  constructor(private readonly size: number, private readonly perSecond: number, now = Date.now()) {
    this.tokens = size;
    this.last = now;
  }

  take(now = Date.now()): boolean {
    const passed = (now - this.last) / 1000;
    this.tokens = Math.min(this.size, this.tokens + passed * this.perSecond);
    this.last = now;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
'''

READING = '''\
# Reading list

- Crafting Interpreters, the part on scanning
- a paper on piece tables
- The Art of Doing Science and Engineering
- something on tide tables, for the lighthouse page
- Crafting Interpreters, the part on scanning
- 東京の庭 (a book about gardens)
'''

PASTE = "\n".join(
    f"{n:03d} apple-row-{n % 7}: {['Boskoop', 'Elstar', 'Jonagold', 'Topaz'][n % 4]} planted, stake {n * 3 % 50}, "
    f"water {n % 5 + 1} l" for n in range(1, 31)) + "\n"


# --- The sessions ----------------------------------------------------------------------------------------------------

def parser_columns(home):
    s = Session(home, ORCHARD, 5, "09:12", "2.1.1")
    s.add({"type": "summary", "summary": "Planting plan grammar and first lexer", "leafUuid": uuid()})
    s.snapshot()
    s.say("The lexer reports the wrong column on every line but the first. Please find out why.", 1)
    s.think("The column is computed from `start`. On a line feed `start` is set to `at`, which is the position of the "
            "line feed itself, so every column after it is one too large. I should look at the file before I claim that.")
    s.answer("I'll read the lexer first.")
    s.read("orchard/lexer.py", LEXER)
    s.think("Yes: `line, start = line + 1, at` should be `at + 1`.")
    s.answer("Found it. At a line feed, `start` is set to the position of the line feed instead of the character after "
             "it, so columns on all later lines are one too large.")
    s.turn_done(31)
    s.say("fix it and add a test")
    lexer = s.edit("orchard/lexer.py", LEXER, "line, start = line + 1, at\n", "line, start = line + 1, at + 1\n")
    test = ('from orchard.lexer import tokens\n\n\ndef test_column_on_second_line():\n'
            '    found = list(tokens("row {\\n  apple: 3\\n}"))\n    assert (found[2].line, found[2].column) == (2, 3)\n')
    s.tool("Write", {"file_path": f"{ORCHARD}/tests/test_lexer.py", "content": test},
           f"File created successfully at: {ORCHARD}/tests/test_lexer.py",
           {"type": "create", "filePath": f"{ORCHARD}/tests/test_lexer.py", "content": test, "structuredPatch": []})
    s.bash("python -m pytest -q --color=yes", "Run the tests",
           "\x1b[32m.\x1b[0m\x1b[32m.\x1b[0m\x1b[32m.\x1b[0m\x1b[32m.\x1b[0m                                     "
           "[100%]\n\x1b[32m\x1b[1m4 passed\x1b[0m in 0.03s")
    s.answer("The lexer now counts columns from the character after the line feed, and `test_column_on_second_line` "
             "guards it. All 4 tests pass.")
    s.turn_done(48)
    s.say("What happens with a CR LF file?")
    s.think("A CR is white space for `isspace`, so it is skipped; the column of tokens is not affected since they stand "
            "before it.")
    s.answer("It works: `\\r` counts as white space and is skipped, and it stands at the end of the line, so no column "
             "moves. Only a file with bare `\\r` line ends would count as a single line.")
    s.say("good, commit that")
    s.bash('git add -A && git commit -q -m "Lexer: right columns after a line feed" && git log --oneline -1',
           "Commit the change", "3f9c2d1 Lexer: right columns after a line feed")
    s.answer("Committed as `3f9c2d1`.")
    s.turn_done(12)
    s.save()
    s.debug([
        (0, "DEBUG", "[STARTUP] Loading MCP configs..."),
        (0.1, "DEBUG", "[STARTUP] MCP configs loaded in 4ms"),
        (0.1, "DEBUG", "Writing to temp file: /home/sam/.claude.json.tmp.4127.1767604320123"),
        (0, "DEBUG", "Preserving file permissions: 100600"),
        (0.2, "DEBUG", 'MCP server "garden-weather": Starting connection with timeout of 30000ms'),
        (1.1, "WARN", 'MCP server "garden-weather": Connection took 1102ms'),
        (0.1, "DEBUG", 'MCP server "garden-weather": Successfully connected to stdio server in 1104ms'),
        (0.4, "INFO", "[render] first frame after 212ms"),
        (3, "DEBUG", "Getting matching hook commands for UserPromptSubmit with query: undefined"),
        (0, "DEBUG", "Found 0 hook matchers in settings"),
        (0, "DEBUG", "Matched 0 unique hooks for query \"no match query\" (0 before deduplication)"),
        (0.2, "DEBUG", "FileHistory: Added snapshot for " + s.last),
        (2.1, "DEBUG", "Stream started - received first chunk"),
        (4.4, "DEBUG", "executePreToolHooks called for tool: Read"),
        (0.3, "DEBUG", "LSP Diagnostics: Checking for passive diagnostics"),
        (9.8, "DEBUG", "executePreToolHooks called for tool: Edit"),
        (0.1, "DEBUG", f"FileHistory: Tracked file modification for {ORCHARD}/orchard/lexer.py"),
        (0.1, "DEBUG", "Applying permission update: Adding 1 allow rule(s) to destination 'localSettings': "
                       '["Bash(python -m pytest:*)"]'),
        (12, "ERROR", "Error: ENOENT: no such file or directory, open '/home/sam/code/orchard/.env.local'\n"
                      "    at open (node:internal/fs/promises:639:25)\n"
                      "    at readSettings (file:///home/sam/.local/lib/client/cli.js:1140:4413)\n"
                      "{\n  errno: -2,\n  code: 'ENOENT',\n  syscall: 'open'\n}"),
        (1, "DEBUG", "Stream started - received first chunk"),
        (6, "DEBUG", "[keybindings] no user bindings found"),
    ], at(5, "09:11"))
    return lexer


def parser_tests(home, lexer):
    s = Session(home, ORCHARD, 7, "14:03", "2.1.1", "parser-tests")
    s.snapshot()
    s.say("Write tests for the parser: empty plan, one row, two rows, missing brace, missing number", 1)
    s.read("orchard/parser.py", PARSER)
    s.todos(("in_progress", "Test plans that are right"), ("pending", "Test plans that are wrong"),
            ("pending", "Ask an agent for more edge cases"))
    test = ('import pytest\n\nfrom orchard.parser import ParseError, Parser\n\n\n'
            'def plan(text):\n    return Parser(text).plan()\n\n\ndef test_empty():\n    assert plan("") == {}\n\n\n'
            'def test_one_row():\n    assert plan("north { apple: 2, pear: 1 }") == '
            '{"north": ["apple", "apple", "pear"]}\n\n\n'
            '@pytest.mark.parametrize("text", ["north { apple: 2", "north { apple }", "north apple: 2 }"])\n'
            'def test_wrong(text):\n    with pytest.raises(ParseError):\n        plan(text)\n\n\n'
            'def test_repeated_row():\n    with pytest.raises(ParseError):\n'
            '        plan("north { apple: 1 } north { pear: 1 }")\n')
    s.tool("Write", {"file_path": f"{ORCHARD}/tests/test_parser.py", "content": test},
           f"File created successfully at: {ORCHARD}/tests/test_parser.py",
           {"type": "create", "filePath": f"{ORCHARD}/tests/test_parser.py", "content": test, "structuredPatch": []})
    s.bash("python -m pytest -q tests/test_parser.py", "Run the parser tests",
           ".....F                                                                   [100%]\n"
           "=================================== FAILURES ===================================\n"
           "______________________________ test_repeated_row _______________________________\n"
           "    def test_repeated_row():\n>       with pytest.raises(ParseError):\n"
           "E       Failed: DID NOT RAISE <class 'orchard.parser.ParseError'>\n\n"
           "tests/test_parser.py:26: Failed\n"
           "=========================== short test summary info ============================\n"
           "FAILED tests/test_parser.py::test_repeated_row - Failed: DID NOT RAISE\n1 failed, 5 passed in 0.05s",
           error=True)
    s.think("The failing test is one I added beyond the request: a repeated row silently replaces the first. That looks "
            "like a real fault, but it is Sam's decision. I will say so plainly.")
    s.answer("Five tests pass. The sixth, which I added, fails: a row that is named twice silently replaces the first. "
             "Should that be an error, or should the rows be joined?")
    s.turn_done(74)
    s.say("an error please, with line and column of the second name")
    parser = s.edit("orchard/parser.py", PARSER,
                    '            name = self.take("name").text\n            self.take("open")\n',
                    '            token = self.take("name")\n            name = token.text\n'
                    '            if name in rows:\n'
                    '                raise ParseError(f"{token.line}:{token.column}: row {name!r} is repeated")\n'
                    '            self.take("open")\n')
    s.bash("python -m pytest -q", "Run all tests",
           "..........                                                               [100%]\n10 passed in 0.06s")
    s.answer("A repeated row is now an error that names the place of the second one. All 10 tests pass.")
    s.say("Row names may be Chinese or Japanese too, like 北の畑. Does that work? 请用一个测试证明。")
    s.think("`str.isalpha` is true for CJK letters, also for hiragana. A test settles it.")
    parsed = "{'北の畑': ['りんご', 'りんご'], '南边': ['梨']}"
    s.bash("python -c \"from orchard.parser import Parser; print(Parser('北の畑 { りんご: 2 } 南边 { 梨: 1 }').plan())\"",
           "Parse a plan with CJK names", parsed)
    s.answer(f"Yes. `isalpha` holds for those letters, so the names parse as they are: `{parsed}`. 我已经加了一个测试。")
    s.say("ask an agent to look for edge cases we have missed")
    prompt = "Read orchard/lexer.py and orchard/parser.py. List inputs that are not tested yet and may fail. Do not edit."
    agent = Session(home, ORCHARD, 7, "14:11", "2.1.1", "parser-tests", agent_of=s, agent="5c01d7e2")
    agent.say(prompt, 1)
    agent.answer("I'll read both files and look for inputs without a test.")
    agent.read("orchard/lexer.py", lexer)
    agent.tool("Grep", {"pattern": "def test_", "path": f"{ORCHARD}/tests", "output_mode": "count"},
               "tests/test_lexer.py:4\ntests/test_parser.py:6",
               {"mode": "count", "numFiles": 2, "filenames": [], "content": "tests/test_lexer.py:4\ntests/test_parser.py:6"})
    found = ("Not tested yet:\n1. a comment at the very end without a line feed\n2. a number of 0, which gives a row "
             "without that tree\n3. digits that are not ASCII: `'²'.isdigit()` is true, but `int('²')` raises ValueError\n"
             "4. a trailing comma, which is accepted\n\nThe third is a fault.")
    agent.answer(found)
    agent.save()
    s.later(40)
    s.tool("Task", {"description": "Find missing edge cases", "prompt": prompt, "subagent_type": "Explore"}, [found],
           {"status": "completed", "prompt": prompt, "agentId": agent.agent,
            "content": [{"type": "text", "text": found}], "totalDurationMs": 38211, "totalTokens": 9120,
            "totalToolUseCount": 2}, blocks=True)
    s.answer("The agent found one real fault: `'²'.isdigit()` is true, but `int('²')` fails with a ValueError instead of "
             "an error with line and column. `char in \"0123456789\"` would be right.")
    s.todos(("completed", "Test plans that are right"), ("completed", "Test plans that are wrong"),
            ("completed", "Ask an agent for more edge cases"), ("pending", "Accept ASCII digits only"))
    s.say("do that, then run the tests again")
    s.edit("orchard/lexer.py", lexer, "elif char.isdigit():", 'elif char in "0123456789":')
    s.bash("python -m pytest -q", "Run all tests",
           "............                                                             [100%]\n12 passed in 0.06s")
    s.answer("Done: a superscript two is now `unexpected '²'` with its place. 12 tests pass.")
    s.turn_done(39)
    s.save()
    return parser


def login_bug(home):
    s = Session(home, LIGHTHOUSE, 8, "08:40", "2.1.2")
    s.snapshot()
    s.say("People say they are signed out after a second or two. Since yesterday's release. Where do I start?", 1)
    s.think("Sessions that end after seconds: a unit mix-up of seconds and milliseconds is the likeliest cause.")
    s.answer("A session that ends after seconds often means seconds mixed up with milliseconds. I'll look where the "
             "lifetime is used.")
    s.tool("Grep", {"pattern": "lifetime|expires", "path": f"{LIGHTHOUSE}/src", "output_mode": "content", "-n": True},
           "src/session.ts:7:  expires: number;\nsrc/session.ts:10:const lifetime = 30 * 60;\n"
           "src/session.ts:13:  const session = { id: randomUUID(), user, expires: now + lifetime };\n"
           "src/session.ts:20:  if (!session || session.expires < now) return undefined;",
           {"mode": "content", "numFiles": 1, "filenames": ["src/session.ts"], "numLines": 4})
    s.read("src/session.ts", SESSION_TS)
    s.answer("There it is: `lifetime` is `30 * 60`, that is 1,800 **seconds**, but it is added to `Date.now()`, which is "
             "in **milliseconds**. So a session lasts 1.8 seconds.")
    s.turn_done(26)
    s.say("Fix it so that this cannot happen again, not only the number.")
    s.api_error("API Error: 529 Overloaded. Please try again in a moment.", "server_error")
    s.say("try again", 30)
    s.todos(("in_progress", "Name the unit in the constant"), ("pending", "Test with a clock of its own"),
            ("pending", "Look for other mixed units"))
    changed = s.edit("src/session.ts", SESSION_TS, "const lifetime = 30 * 60;",
                     "const minute = 60_000;\nconst lifetimeMs = 30 * minute;")
    s.edit("src/session.ts", changed, "expires: now + lifetime }", "expiresMs: now + lifetimeMs }")
    s.bash("npx vitest run session", "Run the session tests",
           " ✓ src/session.test.ts (3)\n   ✓ a session is found after 29 minutes\n   ✓ a session is gone after 31 minutes\n"
           "   ✓ an unknown id gives nothing\n\n Test Files  1 passed (1)\n      Tests  3 passed (3)")
    s.answer("The unit is now part of both names (`lifetimeMs`, `expiresMs`), and the tests pass in their own clock: found "
             "after 29 minutes, gone after 31. Stored sessions with the old field name count as expired, so everybody "
             "signs in once more.")
    s.say("Are there other places with the same mistake?")
    s.bash("grep -rn 'Date.now()' src --include=*.ts | grep -v test", "Find other uses of the clock",
           "src/limit.ts:5:  constructor(private readonly size: number, private readonly perSecond: number, now = "
           "Date.now()) {\nsrc/limit.ts:10:  take(now = Date.now()): boolean {\nsrc/mail.ts:31:  const sent = Date.now();")
    s.answer("No. `limit.ts` divides by 1000 where it must, and `mail.ts` only writes the time to a log.")
    s.say("write a short note for the release page", delay=6)
    s.answer("> **Fixed:** you are no longer signed out after two seconds. A time in seconds was read as milliseconds. "
             "You need to sign in once after this update.")
    s.todos(("completed", "Name the unit in the constant"), ("completed", "Test with a clock of its own"),
            ("completed", "Look for other mixed units"))
    s.turn_done(64)
    s.save()
    s.debug([
        (0, "DEBUG", "[STARTUP] Loading MCP configs..."),
        (0.2, "DEBUG", "AutoUpdaterWrapper: Installation type: native"),
        (0.3, "DEBUG", "[API:auth] OAuth token check complete"),
        (0.1, "DEBUG", "[API:request] Creating client, has custom headers: false"),
        (2.4, "DEBUG", "Stream started - received first chunk"),
        (5, "DEBUG", "executePreToolHooks called for tool: Grep"),
        (40, "ERROR", '[API:request] Error streaming, falling back to non-streaming mode: 529 {"type":"error",'
                      '"error":{"type":"overloaded_error","message":"Overloaded"}}'),
        (0.5, "ERROR", "Error: Error: 529 Overloaded\n"
                       "    at makeStatusError (/$bunfs/root/client:750:3939)\n"
                       "    at processTicksAndRejections (native:7:39)"),
        (2, "WARN", "[API:request] Retry 1 of 10 in 1.9s"),
        (31, "DEBUG", "Stream started - received first chunk"),
        (34.5, "WARN", "Streaming stall detected: 34.5s gap"),
        (1, "DEBUG", 'MCP server "harbour-mail": Tool \'list_drafts\' called'),
        (0.8, "ERROR", 'MCP server "harbour-mail" Server stderr: deprecated option --plain, use --format=plain'),
        (3, "DEBUG", "Writing to temp file: /home/sam/.claude/todos/list.tmp"),
        (0, "DEBUG", "Preserving file permissions: 100644"),
    ], at(8, "08:39"))


def build_failure(home):
    s = Session(home, LIGHTHOUSE, 10, "19:25", "2.1.7", "upgrade")
    s.add({"type": "summary", "summary": "Session lifetime in milliseconds: fix and tests", "leafUuid": uuid()})
    s.add({"type": "summary", "summary": "Upgrade of the bundler", "leafUuid": uuid()})
    s.snapshot()
    s.say("npm run build fails since I upgraded the bundler. Please repair it", 1)
    s.bash("npm run build 2>&1 | tail -20", "Build",
           "> lighthouse@0.9.2 build\n> bundle src/main.ts\n\nerror: Could not resolve \"./store\"\n"
           "  src/session.ts:2:27\n    2 │ import type { Store } from \"./store\";\n      ╵                            ~~~~~~~~~\n\n"
           "  The file src/store/index.ts exists, but resolving a folder is off by default since version 4.\n\n"
           "error: Could not resolve \"./pages\"\n  src/main.ts:4:22\n\n2 errors")
    s.think("Two ways: turn the old resolution on, or write the full path. The second is lasting, and there are few "
            "places. Count them first.")
    s.bash("grep -rnE 'from \"\\./(store|pages|tides)\"' src | wc -l", "Count imports of folders", "7")
    s.answer("Since version 4 the bundler no longer resolves `./store` to `./store/index.ts`. There are 7 such imports. I'd "
             "write the full path in each; the alternative is an option that the bundler calls deprecated.")
    s.say("full paths")
    s.bash("sed -i -E 's#from \"\\./(store|pages|tides)\"#from \"./\\1/index\"#' src/*.ts && npm run build 2>&1 | tail -3",
           "Write full paths and build", "  dist/main.js  212.4kb\n\n⚡ Done in 84ms")
    s.answer("All 7 imports name the file now, and the build passes (212.4 kB).")
    s.turn_done(55)
    s.compact("1. Primary request: repair `npm run build` after the upgrade of the bundler.\n2. Cause: version 4 does not "
              "resolve folders.\n3. Done: 7 imports written out in src/*.ts, build passes.\n4. Pending: the tests.")
    s.say("run the tests again", 8)
    s.bash("npx vitest run", "Run all tests",
           " ✓ src/session.test.ts (3)\n ✓ src/limit.test.ts (5)\n ❯ src/tides.test.ts (2)\n   × high tide at noon\n"
           "     → Cannot find module './tides' imported from src/tides.test.ts\n\n      Tests  1 failed | 9 passed (10)",
           error=True)
    s.answer("One test file imports a folder as well; my search did not cover it. I'll repair it in the same way.")
    s.bash("sed -i 's#\"./tides\"#\"./tides/index\"#' src/tides.test.ts && npx vitest run | tail -2", "Repair and run again",
           "\n      Tests  10 passed (10)")
    s.answer("Now all 10 tests pass.")
    s.say("why did the first search miss it?")
    s.answer("It matched `from \"./tides\"`, but the test loads the module with `await import(\"./tides\")`, which has no "
             "`from`.")
    s.system("stop_hook_summary", hookCount=1, hookInfos=[{"command": "tools/after-turn"}], hookErrors=[],
             preventedContinuation=False, stopReason="", hasOutput=False, level="suggestion")
    s.turn_done(37)
    s.save()


def reading_list(home):
    s = Session(home, NOTES, 11, "10:05", "2.1.7", "")
    s.say("Sort reading.md by title and drop the duplicates", 1)
    s.read("reading.md", READING)
    head, _, rest = READING.partition("\n\n")
    ordered = sorted(set(rest.splitlines()), key=lambda line: line.lower())
    s.edit("reading.md", READING, rest, "\n".join(ordered) + "\n")
    s.answer("Sorted. One line stood there twice and is there once now, so 5 titles are left. 東京の庭 stands last, after "
             "the Latin letters.")
    s.say("What does this say? It is a photo of a plant label.", content=[
        {"type": "text", "text": "What does this say? It is a photo of a plant label."},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png",
                                     "data": base64.b64encode(tiny_png()).decode()}}],
        shown="[Image #1] What does this say? It is a photo of a plant label.")
    s.answer("The picture is blank: a single white pixel. Perhaps it was not saved fully; please try once more.")
    s.say("my phone cut the emoji in half, the list ends with this: apple \ud83c", 40)
    s.think("The text ends with the first half of a surrogate pair. Quote it as it is: \ud83c")
    s.answer("Right, that is the first half of a pair; the second half, which says which picture it is, is lost. Many "
             "fruit share this half (🍎 and 🍐 do), so I can't tell which it was.")
    s.say("ok, leave it out")
    s.tool("Write", {"file_path": f"{NOTES}/plants.md", "content": "# Plants\n\n- apple\n- pear\n"},
           f"File created successfully at: {NOTES}/plants.md",
           {"type": "create", "filePath": f"{NOTES}/plants.md", "content": "# Plants\n\n- apple\n- pear\n",
            "structuredPatch": []})
    s.answer("`plants.md` has apple and pear, without the half picture.")
    s.turn_done(15)
    s.add({"type": "custom-title", "customTitle": "Reading list and plants", "sessionId": s.id})
    s.save()


def fast_plans(home, parser):
    s = Session(home, ORCHARD, 13, "16:30", "2.1.12", "faster")
    s.snapshot()
    key = hash16(PASTE.encode())
    home.put(f"paste-cache/{key}.txt", PASTE)
    s.say("This plan takes 4 seconds to read, which part is slow?\n\n" + PASTE, 1,
          shown="This plan takes 4 seconds to read, which part is slow?\n\n[Pasted text #1 +30 lines]",
          pasted={"1": {"id": 1, "type": "text", "contentHash": key}})
    s.think("The paste is 30 lines; 4 seconds for that is not the lexer. Maybe the import. Measure rather than guess.")
    call = s.bash("python -X importtime -c 'import orchard' 2>&1 | sort -t'|' -k2 -n | tail -4", "Measure the imports",
                  "import time:       412 |       2210 |   dataclasses\nimport time:       388 |       3120 | orchard.lexer\n"
                  "import time:   3911542 |    3914660 | orchard.weather\nimport time:       201 |    3918002 | orchard")
    s.record("progress", {"data": {"type": "bash_progress", "output": "import time:       412 |       2210 |   dataclasses",
                                   "fullOutput": "import time:       412 |       2210 |   dataclasses",
                                   "elapsedTimeSeconds": 3, "totalLines": 1}, "toolUseID": "bash-progress-0",
                          "parentToolUseID": call})
    s.answer("Not the parser: `import orchard` loads `orchard.weather`, and that alone takes 3.9 of the 4 seconds. It asks "
             "for the forecast when it is imported.")
    s.turn_done(22)
    s.say("Plan how to load the weather only when it is needed, don't change anything yet", permissionMode="plan")
    agent = Session(home, ORCHARD, 13, "16:34", "2.1.12", "faster", agent_of=s, agent="a7f3b20")
    question = "Where is orchard.weather used? Give file and line of each use, and whether it runs at import time."
    agent.say(question, 1)
    agent.think("A search for the module name is enough.")
    agent.bash("grep -rn 'weather' orchard --include=*.py", "Find the uses",
               "orchard/__init__.py:3:from orchard import weather\norchard/report.py:18:    rain = weather.forecast().rain\n"
               "orchard/weather.py:9:FORECAST = fetch()")
    where = ("1. orchard/__init__.py:3 imports it: at import time\n2. orchard/weather.py:9 fetches: at import time, the "
             "slow one\n3. orchard/report.py:18 uses it: only when a report is made")
    agent.answer(where)
    agent.save()
    home.put(f"projects/{encoded(ORCHARD)}/{s.id}/subagents/agent-{agent.agent}.meta.json",
             json_bytes({"agentType": "Explore", "description": "Find uses of weather"}))
    s.later(25)
    s.tool("Task", {"description": "Find uses of weather", "prompt": question, "subagent_type": "Explore"}, [where],
           {"status": "completed", "prompt": question, "agentId": agent.agent,
            "content": [{"type": "text", "text": where}], "totalDurationMs": 21877, "totalTokens": 5402,
            "totalToolUseCount": 1}, blocks=True)
    plan = ("# Load the weather only when needed\n\n1. `orchard/__init__.py`: drop `from orchard import weather`.\n"
            "2. `orchard/weather.py`: replace `FORECAST = fetch()` by a cached function `forecast()`.\n"
            "3. `orchard/report.py`: import it inside the function that makes a report.\n"
            "4. A test that `import orchard` opens no connection.\n")
    home.put("plans/gentle-pruning-pear.md", plan)
    s.tool("ExitPlanMode", {"plan": plan}, "The plan was approved.",
           {"plan": plan, "isAgent": False, "filePath": "/home/sam/.claude/plans/gentle-pruning-pear.md"})
    weather = ('"""Asks the garden station for the forecast."""\n\nfrom orchard.station import fetch\n\n\n'
               'FORECAST = fetch()\n\n\ndef forecast():\n    return FORECAST\n')
    s.edit("orchard/weather.py", weather, "FORECAST = fetch()\n\n\ndef forecast():\n    return FORECAST\n",
           "@functools.cache\ndef forecast():\n    return fetch()\n")
    s.bash("time python -c 'import orchard'", "Measure again",
           "NameError: name 'functools' is not defined", error=True)
    s.answer("I forgot the import of `functools`; one moment.")
    s.say("and tell me the new time please", 20)
    s.bash("sed -i '3i import functools\\n' orchard/weather.py && time python -c 'import orchard'", "Add the import, measure",
           "\nreal\t0m0.031s\nuser\t0m0.024s\nsys\t0m0.007s")
    s.answer("`import orchard` takes 31 ms now instead of 3.9 s.")
    s.turn_done(41)
    s.say("nice. read the parser once more, is anything slow there?")
    s.read("orchard/parser.py", parser)
    s.answer("No: each token is looked at a constant number of times. Only `list(tokens(text))` holds all tokens at once, "
             "which matters from millions of trees on.")
    torn = json_bytes({"parentUuid": s.last, "isSidechain": False, "userType": "external", "cwd": ORCHARD,
                       "sessionId": s.id, "version": s.version, "gitBranch": "faster", "type": "user",
                       "message": {"role": "user", "content": "thank you, that is all for to"}})
    s.save(torn=torn[:-3])
    s.debug([
        (0, "DEBUG", "[STARTUP] Loading MCP configs..."),
        (0.1, "DEBUG", "[LSP SERVER MANAGER] initialize() called"),
        (0.1, "DEBUG", "[LSP MANAGER] LSP server manager initialized with 0 servers"),
        (0.2, "DEBUG", "[FileIndex] git ls-files (tracked) returned 41 files in 3ms"),
        (0.4, "DEBUG", 'MCP server "garden-weather": Starting connection with timeout of 30000ms'),
        (30, "ERROR", 'MCP server "garden-weather" Connection failed: Connection timed out after 30000ms'),
        (0, "ERROR", 'MCP server "garden-weather" Connection failed: Connection timed out after 30000ms'),
        (1, "DEBUG", "Stream started - received first chunk"),
        (2, "WARN", "[SLOW OPERATION DETECTED] execFile took 3918ms"),
        (3, "DEBUG", "Hooks: Found 0 total hooks in registry"),
        (0, "DEBUG", "Hooks: checkForAsyncHookResponses returning 0 responses"),
        (60, "DEBUG", "executePreToolHooks called for tool: Task"),
        (5, "DEBUG", "[Agent: Explore] started with 4 tools"),
        (22, "DEBUG", "[Agent: Explore] finished"),
        (9, "ERROR", "MaxFileReadTokenExceededError: File content (31022 tokens) exceeds maximum allowed tokens (25000).\n"
                     "Use offset and limit to read a part of the file.\n    at read (/$bunfs/root/client:811:120)"),
        (4, "INFO", "[render] 2 frames over 50ms"),
    ], at(13, "16:29"))


def rate_limit(home):
    s = Session(home, LIGHTHOUSE, 15, "11:15", "2.1.12", "limits")
    s.snapshot()
    s.say("Explain src/limit.ts to me like I'm new to the project", 1)
    s.read("src/limit.ts", LIMIT_TS)
    s.answer("It is a *token bucket*. Picture a bucket that holds `size` tokens. Each request takes one; with an empty "
             "bucket the request is refused. Over time the bucket fills again, `perSecond` tokens a second, but never "
             "above `size`. So short bursts pass, and the average stays limited.")
    s.turn_done(14)
    s.say("use it for the sign-in page, 5 tries, then one every 10 seconds")
    s.queue("enqueue", "per address, not for all together")
    s.tool("Glob", {"pattern": "src/pages/sign*.ts"}, f"{LIGHTHOUSE}/src/pages/sign-in.ts",
           {"filenames": [f"{LIGHTHOUSE}/src/pages/sign-in.ts"], "durationMs": 4, "numFiles": 1, "truncated": False})
    s.queue("remove")
    s.record("attachment", {"attachment": {"type": "queued_command", "prompt": "per address, not for all together",
                                           "commandMode": "prompt"}})
    home.typed(s.now - 700, "per address, not for all together", LIGHTHOUSE, s.id)
    page = ('import { find, open } from "../session";\n\nexport async function signIn(request: Request): '
            'Promise<Response> {\n  const form = await request.formData();\n  return check(form);\n}\n')
    s.edit("src/pages/sign-in.ts", page, "  const form = await request.formData();\n",
           "  if (!buckets.of(addressOf(request)).take()) return tooMany();\n  const form = await request.formData();\n")
    s.record("attachment", {"attachment": {"type": "hook_success", "hookName": "PostToolUse:Edit",
                                           "hookEvent": "PostToolUse", "command": "npx prettier --check src",
                                           "stdout": "All matched files use the right style.\n", "stderr": "",
                                           "exitCode": 0, "durationMs": 412}})
    s.bash("npx vitest run sign-in limit", "Run the tests", " ✓ src/limit.test.ts (5)\n ✓ src/pages/sign-in.test.ts (4)\n\n"
           "      Tests  9 passed (9)")
    s.answer("The sign-in page allows 5 tries per address at once and then one every 10 seconds (`new Bucket(5, 0.1)`). "
             "Buckets that are full again are thrown away, so the table does not grow without end.")
    s.turn_done(58)
    s.say("What does the visitor see when the bucket is empty?")
    s.answer("Status 429 with `Retry-After: 10` and the sentence: “That were many tries. Please wait ten seconds.”")
    s.say("better: Please wait ten seconds, then try again.")
    s.tool("Edit", {"file_path": f"{LIGHTHOUSE}/src/pages/sign-in.ts", "old_string": "That were many tries. Please wait",
                    "new_string": "Please wait", "replace_all": False},
           "<tool_use_error>The file changed after it was read. Read it again first.</tool_use_error>", error=True)
    s.bash("sed -i 's/That were many tries. Please wait ten seconds./Please wait ten seconds, then try again./' "
           "src/pages/sign-in.ts && grep -n 'ten seconds' src/pages/sign-in.ts", "Change the sentence",
           "41:  return text(429, \"Please wait ten seconds, then try again.\");")
    s.answer("Changed; the formatter had touched the file in between, so the first edit was refused.")
    s.turn_done(21)
    s.save()


def last_notes(home):
    s = Session(home, NOTES, 18, "20:48", "2.1.12", "")
    s.record("user", {"isMeta": True, "message": {"role": "user", "content":
             "Caveat: The messages below were generated by the user while running local commands. Do not respond to "
             "them unless asked."}})
    s.record("user", {"message": {"role": "user", "content": "<command-name>/clear</command-name>\n"
                                  "            <command-message>clear</command-message>\n            <command-args>"
                                  "</command-args>"}}, 0.1)
    home.typed(s.now - 40, "/clear ", NOTES, s.id)
    s.system("local_command", content="<local-command-stdout></local-command-stdout>", level="info", isMeta=False)
    s.say("Summarise what I did these two weeks, from the git logs of orchard and lighthouse", 30)
    s.bash("git -C ../code/orchard log --since=2.weeks --format='%ad %s' --date=short", "Log of orchard",
           "2026-01-13 Weather: fetch only when a report needs it\n2026-01-07 Lexer: accept ASCII digits only\n"
           "2026-01-07 Parser: a repeated row is an error\n2026-01-05 Lexer: right columns after a line feed")
    s.bash("git -C ../code/lighthouse log --since=2.weeks --format='%ad %s' --date=short", "Log of lighthouse",
           "2026-01-15 Sign-in: limit tries per address\n2026-01-10 Build: name index files in imports\n"
           "2026-01-08 Session: lifetime in milliseconds")
    s.lines.append(b'{"type":"assistant","message":{"role":"assist<<< disk full, 212 bytes lost >>>')
    s.add({"type": "window-layout", "sessionId": s.id, "timestamp": iso(s.now), "panes": [
        {"name": "conversation", "columns": 96}, {"name": "diff", "columns": 64}]})
    s.answer("**orchard**: the lexer counts columns rightly, a repeated row is an error, and importing the package no "
             "longer waits for the weather (3.9 s → 31 ms).\n\n**lighthouse**: people stay signed in, the build works "
             "with the new bundler, and sign-in is limited to 5 tries.\n\nA good fortnight: 7 commits.")
    s.turn_done(19)
    s.say("put that into january.md")
    s.tool("Write", {"file_path": f"{NOTES}/january.md", "content": "# January\n\n7 commits in two projects.\n"},
           f"File created successfully at: {NOTES}/january.md",
           {"type": "create", "filePath": f"{NOTES}/january.md", "content": "# January\n\n7 commits in two projects.\n",
            "structuredPatch": []})
    s.answer("Written to `january.md`. Good night!")
    s.lines.append(b"")
    s.save()


def other_files(home):
    """Prompts without a transcript, an older log without times, and the side folders."""
    gone = uuid()
    for clock, text, project in [
        ("13:20", "What is the difference between a lexer and a scanner?", ORCHARD),
        ("13:24", "ok", ORCHARD),
        ("13:31", "/model", ORCHARD),
        ("13:32", "Name ten kinds of apple that keep well over winter", NOTES),
        ("13:40", "run the tests again", ORCHARD),
    ]:
        home.typed(at(9, clock), text, project, gone)
    later = uuid()
    home.typed(at(16, "09:02"), "Why is the lamp icon upside down in dark mode?", LIGHTHOUSE, later)
    home.typed(at(16, "09:04"), "it is this CSS: [Pasted text #1 +3 lines]", LIGHTHOUSE, later, {
        "1": {"id": 1, "type": "text", "content": "@media (prefers-color-scheme: dark) {\n  .lamp { rotate: 180deg; }\n}"}})
    home.typed(at(16, "09:09"), "run the tests again", LIGHTHOUSE, later)
    home.put(f"todos/{later}-agent-{later}.json", "[]")

    old = uuid()
    home.put(f"debug/{old}.txt", "".join(line + "\n" for line in [
        "[DEBUG] Loading MCP configs...",
        "[DEBUG] Writing to temp file: /home/sam/.claude.json.tmp.2211.1759000000000",
        "[DEBUG] Preserving file permissions: 100600",
        "[DEBUG] Applying permission update: Adding 1 allow rule(s) to destination 'localSettings': [\"Bash(ls:*)\"]",
        "[DEBUG] Getting matching hook commands for SessionStart with query: startup",
        "[DEBUG] Found 0 hook matchers in settings",
        "[DEBUG] Stream started - received first chunk",
        "[WARN] Settings file has an unknown key: colour",
        "[ERROR] Error: Error: Request was aborted.",
        "    at run (file:///home/sam/.local/lib/client/cli.js:990:1201)",
        "    at async next (file:///home/sam/.local/lib/client/cli.js:991:88)",
        "[DEBUG] Stream started - received first chunk",
        "[DEBUG] ",
        "[INFO] Shutting down",
    ]))

    moment = at(5, "09:11")
    home.put(f"shell-snapshots/snapshot-bash-{moment}-{hexes(6)}.sh", """\
# Snapshot file
# Unset all aliases to avoid conflicts with functions
unalias -a 2>/dev/null || true
# Functions
mkcd () {
    mkdir -p "$1" && cd "$1"
}
# Shell Options
shopt -s checkwinsize
shopt -s histappend
# Aliases
alias -- gs='git status --short'
alias -- ll='ls -la'
# Check for rg availability
if ! command -v rg >/dev/null 2>&1; then
  alias rg='/home/sam/.local/bin/client --ripgrep'
fi
export PATH=/home/sam/.local/bin:/usr/local/bin:/usr/bin:/bin
""")
    home.put("plans/quiet-beaming-lantern.md",
             "# Dark mode for the lighthouse page\n\n1. Colours as variables.\n2. One media query that sets them.\n"
             "3. Turn the lamp the right way up.\n")


def main():
    parser = argparse.ArgumentParser(prog="make_sample_home.py", description=__doc__.split("\n\n")[0])
    default = pathlib.Path(__file__).resolve().parent.parent / "Tests/Fixtures/sample-home"
    parser.add_argument("folder", metavar="DIR", nargs="?", type=pathlib.Path, default=default,
                        help="where to write (default: Tests/Fixtures/sample-home)")
    folder = parser.parse_args().folder

    home = Home()
    lexer = parser_columns(home)
    parsed = parser_tests(home, lexer)
    login_bug(home)
    build_failure(home)
    reading_list(home)
    fast_plans(home, parsed)
    rate_limit(home)
    last_notes(home)
    other_files(home)

    if folder.exists():
        mine = {path.split("/")[0] for path in home.files} | {"history.jsonl"}
        if not {entry.name for entry in folder.iterdir()} <= mine:
            sys.exit(f"make_sample_home.py: {folder} holds other files; not touched")
        shutil.rmtree(folder)
    home.write(folder)
    print(f"{len(home.files)} files, {sum(map(len, home.files.values())):,} bytes in {folder}")


if __name__ == "__main__":
    main()
