"""What a shell completes of `raslib ...`: read off the parser, so that it is never another than what is understood."""

import argparse
from collections.abc import Iterator
from shlex import quote
from typing import NamedTuple

from . import command_parser

FILES = ("FILE", "OUT", "FOLDER", "VMLINUZ")  # what the metavar of a file begins with


class Words(NamedTuple):
    """What may stand next on a command line: words, and files or not."""

    words: tuple[str, ...]
    files: bool


def table() -> dict[str, Words]:
    """What may follow what: "raslib decode" -> its options and files, "raslib decode --as" -> the words it takes."""
    return dict(_rows("raslib", command_parser()))


def _rows(path: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, Words]]:
    words: list[str] = []
    files = False
    for action in parser._actions:  # argparse has no other way to be asked
        takes = Words(tuple(map(str, action.choices or _axes(action))), str(action.metavar).startswith(FILES))
        if isinstance(action.choices, dict):
            for name, below in action.choices.items():
                yield from _rows(f"{path} {name}", below)
        if not action.option_strings:
            words, files = [*words, *takes.words], files or takes.files
        elif action.nargs != 0:
            yield from ((f"{path} {option}", takes) for option in action.option_strings)
        words += action.option_strings
    yield path, Words(tuple(words), files)


def _axes(action: argparse.Action) -> Iterator[str]:
    """The choices of a scenario, where they may stand."""
    if action.metavar == "AXIS=VALUE":
        from ..sim.model.scenario import AXES

        yield from (f"{name}={a.word(value)}" for name, a in AXES.items() for value in a.values)


BASH = """# What the tabulator key completes of raslib; made by `raslib completion bash`.
declare -A _raslib_words=(
WORDS)
declare -A _raslib_files=(
FILES)
_raslib() {
    local line=${COMP_LINE:0:COMP_POINT} at=raslib last= word known
    local here=${line##* }
    read -ra known <<< "${line%"$here"}"
    for word in "${known[@]:1}"; do
        last=$word
        [[ -n ${_raslib_words["$at $word"]+x} && $word != -* ]] && at+=" $word"
    done
    [[ $last == -* && -n ${_raslib_words["$at $last"]+x} ]] && at+=" $last"
    COMPREPLY=($(compgen -W "${_raslib_words["$at"]}" -- "$here"))
    [[ -n ${_raslib_files["$at"]+x} ]] && COMPREPLY+=($(compgen -f -- "$here"))
    # AXIS=VALUE is three words to readline, of which it puts in the last
    [[ $here == *=* && $COMP_WORDBREAKS == *=* ]] && COMPREPLY=("${COMPREPLY[@]#"${here%"${here##*=}"}"}")
    return 0
}
complete -o filenames -F _raslib raslib
"""

ZSH = """#compdef raslib
# What the tabulator key completes of raslib; made by `raslib completion zsh`.
typeset -gA _raslib_words=(
WORDS)
typeset -gA _raslib_files=(
FILES)
_raslib() {
    local at=raslib last= word
    for word in "${(@)words[2,CURRENT-1]}"; do
        last=$word
        [[ $word != -* && -n ${_raslib_words[$at $word]+x} ]] && at+=" $word"
    done
    [[ $last == -* && -n ${_raslib_words[$at $last]+x} ]] && at+=" $last"
    compadd -- ${=_raslib_words[$at]}
    [[ -n ${_raslib_files[$at]+x} ]] && _files
    return 0
}
compdef _raslib raslib
"""


def script(shell: str) -> str:
    """The lines that bash or zsh is to read."""
    form = "[{}]={}\n" if shell == "bash" else "{} {}\n"
    rows = table()
    words = "".join(form.format(quote(at), quote(" ".join(next_.words))) for at, next_ in rows.items())
    files = "".join(form.format(quote(at), "1") for at, next_ in rows.items() if next_.files)
    return (BASH if shell == "bash" else ZSH).replace("WORDS)\n", f"{words})\n").replace("FILES)\n", f"{files})\n")
