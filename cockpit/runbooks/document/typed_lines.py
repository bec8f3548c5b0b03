"""Whether a line is what somebody types: it begins with a program that is known, and reads like no sentence."""

import re
from collections.abc import Callable
from functools import cache

AN_ASSIGNMENT = re.compile(r"[A-Z_][A-Z0-9_]*=\S*")
A_SIGN = re.compile(r"\s-{1,2}\w|[/|=<>$\"'`*]|\.\w|:\d")  # of a command rather than of a sentence
LIKE_OUTPUT = re.compile(
    r"\S(?:\s{2,}|\t)\S|^\s|^[A-Z][A-Z0-9_-]+\b|^[\[{}\]()|+<>*-]|^\w[\w /.-]*:(?:\s|$)|^\d|\.\.\.|^\S+$|: "
)
# A script by its ending, or a program by where it lies. `0/6`, `AWS/Latency`, `org/repository` and `/healthz` are none.
IN_A_PATH = re.compile(
    r"(?:(?:\.{1,2}|~)?/?(?:[\w.-]+/)+)?[\w.-]+\.(?:sh|bash|zsh|py|pl|rb|ps1)|(?:\.{1,2}|~)/(?:[\w.-]+/)*[\w.-]+"
    r"|/?(?:[\w.-]+/)*(?:s?bin|\.bin|libexec|scripts?|tools|hack|opt|gradlew|mvnw)/(?:[\w.-]+/)*[\w.-]+"
)
# Programs that are words of English, too: at the head of a line they may begin a sentence.
_ENGLISH = (
    "find which make test time watch service host file last more less top free date who w cat sort go look open start"
    " reset halt read set type help info history install run join split cut paste size sum true false yes not wait task"
    " just fold head tail kill sleep bat dog exit return break continue local enable migrate mount view vector most"
    " drill curator init retry command hash jobs times fly flux strings column comm complete dir dirs route bridge"
    " boundary invoke wipe ts link at rake ant fab sar thanos prometheus postgres nginx traefik envoy node"
    " influx telegraf logstash filebeat java php python perl ruby gem snap conda pulumi redis-server caddy alertmanager"
)
ENGLISH = frozenset(_ENGLISH.split())
DRAWN = re.compile(r"[\u2500-\u257f\u25b2-\u25c4]{2}")  # `caller ──▶ api` is a drawing
OF_ANOTHER_LANGUAGE = re.compile(r"\s*(?:(?:local|export|let|declare)\s+)?[\w.-]+\s+=\s")  # no shell puts blanks there


def begins_with_program(line: str) -> bool:
    """True for a line that is a command rather than a sentence: `kubectl top pods`, `find / -name x`, `cd /srv`."""
    words = line.split(maxsplit=1)
    while words and (words[0] == "sudo" or AN_ASSIGNMENT.fullmatch(words[0])):
        words = words[1].split(maxsplit=1) if len(words) > 1 else []
    if not words or not is_known_program(words[0]) or DRAWN.search(line) or OF_ANOTHER_LANGUAGE.match(line):
        return False
    return words[0] not in ENGLISH or bool(A_SIGN.search(line)) or len(words) == 1


@cache
def load_known_programs() -> Callable[[str], bool]:
    """What knows the names of programs. It is loaded with the first block: not every command reads one."""
    from cockpit.runbooks.command_kinds.judge import knows_program

    return knows_program


def is_known_program(word: str) -> bool:
    """True for a name that the tables of verbs know, and for a path of a script."""
    return load_known_programs()(word) or IN_A_PATH.fullmatch(word) is not None
