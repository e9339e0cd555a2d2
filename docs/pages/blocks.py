"""The code of a page: its blocks, the commands of a shell block, and a session that runs them one after the other.

The site runs the tutorial with it while it is built, and the tests run the other pages with it, so that what a reader
copies is what was run. Commands of this program run inside this process, because starting Python takes longer than
most of them; a few of the shell's own (`ls`, `head`, ...) are called.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

SHELL = {"sh", "bash", ""}
OTHER_PROGRAMS = {"ls", "head", "cat", "mkdir", "cp"}


@dataclass(frozen=True)
class Block:
    """A block of code of a page.

    Parameters
    ----------
    language : str
        What stands behind the fence; empty for an indented block.
    code : str
    line : int
        Of the page, counted from 1.
    end : int
        The line behind the block.
    """

    language: str
    code: str
    line: int
    end: int


def blocks(text: str) -> list[Block]:
    """Return the blocks of code of a page, fenced or indented."""
    found = []
    for token in MarkdownIt().enable("table").parse(text):
        if token.type in ("fence", "code_block") and token.map:
            found.append(Block(token.info.strip(), token.content, token.map[0] + 1, token.map[1]))
    return found


def commands(block: Block) -> list[list[str]]:
    """Return the commands of a shell block, each as its words; none where the block is something else."""
    if block.language not in SHELL:
        return []
    joined = re.sub(r"\\\n\s*", " ", block.code)
    lines = [shlex.split(line, comments=True) for line in joined.splitlines()]
    return [words for words in lines if words and words[0] in {"nipype-qsm", "make", "pip", "python", *OTHER_PROGRAMS}]


def mentions(text: str) -> Iterator[str]:
    """Yield what stands between backticks and begins with the name of the command."""
    for token in MarkdownIt().enable("table").parse(text):
        for child in token.children or ():
            if child.type == "code_inline" and child.content.startswith("nipype-qsm "):
                yield child.content


class Session:
    """A reader who runs the blocks of a page in a folder, in their order.

    Parameters
    ----------
    folder : path
        Where the reader stands.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self.names: dict[str, object] = {"__name__": "__main__"}

    def run(self, block: Block, name: str = "block") -> str:
        """Run a block and return what it printed; a command that fails raises."""
        if block.language == "python":
            with contextlib.chdir(self.folder):
                return self._python(block, name)
        return "".join(self.command(words) for words in commands(block))

    def command(self, words: list[str]) -> str:
        """Run one command, patterns expanded as a shell does, and return what it printed."""
        from nipype_qsm.cli.main import main

        words = [one for word in words for one in self._expanded(word)]
        said = io.StringIO()
        if words[0] == "nipype-qsm":
            with contextlib.chdir(self.folder), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                status = main(words[1:])
        else:
            done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, check=False)
            said.write(done.stdout + done.stderr)
            status = done.returncode
        if status:
            raise RuntimeError(f"{shlex.join(words)} ended with status {status}:\n{said.getvalue()}")
        return said.getvalue()

    def _python(self, block: Block, name: str) -> str:
        said = io.StringIO()
        padded = "\n" * block.line + block.code
        with contextlib.redirect_stdout(said):
            exec(compile(padded, name, "exec"), self.names)
        return said.getvalue()

    def _expanded(self, word: str) -> list[str]:
        if not any(sign in word for sign in "*?") or word.startswith("/"):
            return [word]
        found = sorted(str(path.relative_to(self.folder)) for path in self.folder.glob(word))
        return found or [word]
