"""What stands between fences in README and docs, each piece with its place, and commands taken apart as by a shell."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEXTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
_FENCE = re.compile(r"^( *)(`{3,}|~{3,})([^\n`]*)\n(.*?)^\1\2 *$", re.MULTILINE | re.DOTALL)
_INSIDE = re.compile(r"\$\(((?:[^()]|\([^()]*\))*)\)")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_BETWEEN = {"|", "||", "&&", ";", "&", "(", ")"}


@dataclass(frozen=True)
class Fence:
    """One piece: `language` is the word behind the opening fence."""

    file: Path
    line: int
    language: str
    code: str
    indent: int

    @property
    def place(self) -> str:
        """Page and line, as an editor opens them."""
        return f"{self.file.relative_to(ROOT)}:{self.line}"

    def typed(self) -> list[tuple[str, str]]:
        """Each command with what the page shows that it prints. In `console` a command stands behind `$ `."""
        lines = [line for line in self.code.splitlines() if line.strip()]
        marked = self.language == "console"
        found: list[list[str]] = []
        at = 0
        while at < len(lines):
            line = lines[at]
            at += 1
            if marked and not line.startswith("$ "):
                assert found, f"{self.place}: begins with what a command prints; mark commands by `$ `"
                found[-1][1] += f"{line}\n"
                continue
            command = line[2:] if marked else line
            while not _whole(command):
                assert at < len(lines), f"{self.place}: a quote that nothing ends: {command}"
                command = f"{command}\n{lines[at]}"
                at += 1
            found.append([command, ""])
        return [(command, printed) for command, printed in found]


@dataclass(frozen=True)
class Command:
    """A program with its words, and the variables that are set for it alone."""

    program: str
    words: tuple[str, ...]
    variables: tuple[str, ...] = ()

    def option(self, *names: str) -> str | None:
        """What stands behind an option, as its next word or after `=`."""
        for at, word in enumerate(self.words):
            if word in names and at + 1 < len(self.words):
                return self.words[at + 1]
            if word.partition("=")[0] in names and "=" in word:
                return word.partition("=")[2]
        return None


def fences() -> list[Fence]:
    return [fence for file in TEXTS for fence in fences_of(file)]


def fences_of(file: Path) -> list[Fence]:
    text = file.read_text(encoding="utf-8")
    return [
        Fence(
            file,
            text[: found.start()].count("\n") + 1,
            found[3].strip(),
            re.sub(f"^{found[1]}", "", found[4], flags=re.MULTILINE),
            len(found[1]),
        )
        for found in _FENCE.finditer(text)
    ]


def commands(line: str) -> Iterator[Command]:
    """Each program that a line starts, those within `$(...)` before it. Raises ValueError for what no shell reads."""
    line = line.replace("\\\n", " ")
    for inner in _INSIDE.findall(line):
        yield from commands(inner)
    words: list[str] = []
    for word in [*_words(_INSIDE.sub("INNER", line)), ";"]:
        if word not in _BETWEEN:
            words.append(word)
        elif words:
            yield _command(words)
            words = []


def _command(words: list[str]) -> Command:
    kept, skip = [], False
    for word in words:
        if skip or word in ("<", ">", ">>"):
            skip = not skip
            continue
        kept.append(word)
    at = next((at for at, word in enumerate(kept) if not _ASSIGNMENT.fullmatch(word)), len(kept))
    program, *rest = kept[at:] or [""]
    return Command(program, tuple(rest), tuple(kept[:at]))


def _words(line: str) -> list[str]:
    reader = shlex.shlex(_without_places(line), posix=True, punctuation_chars="|&;<>()")
    reader.whitespace_split = True
    reader.commenters = "#"
    return list(reader)


def _without_places(line: str) -> str:
    """`<pod>` is a place to fill in, not two redirections."""
    return re.sub(r"<([a-z][\w -]*)>", lambda found: f"PLACE-{found[1].replace(' ', '-')}", line)


def _whole(command: str) -> bool:
    """Whether every quote has its end, and no line goes on."""
    if command.endswith("\\"):
        return False
    try:
        _words(_INSIDE.sub("INNER", command))
    except ValueError:
        return False
    return True
