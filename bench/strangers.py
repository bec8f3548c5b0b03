# ruff: noqa: E501  expressions read better whole
"""`python -m bench.strangers FOLDER`: how a folder of other people's documents is read, in the figures that count.

What the reader decided is judged by other means: lists of words, not its own tables. So a figure that is not nought is
a reason to look, printed with its line, and not yet a defect. Nothing of the documents runs.
"""

import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cockpit.model.runbook import Procedure, Runbook, Step, StepKind
from cockpit.runbooks.document.fences import BASH, CONSOLE, POWERSHELL, find_language_name
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.shell_syntax.placeholders import find_placeholders

LOOKS = (StepKind.READ, StepKind.VERIFY, StepKind.LOCAL)
FENCE = re.compile(r"^(?P<indent>[ \t>]*(?:[-*+]\s+|\d+[.)]\s+)?)(?P<mark>`{3,}|~{3,})\s*(?P<info>[^`\n]*)$")
CHANGES = re.compile(
    r"""(?ix) (?<![\w./-])(?:rm|dd|mkfs\S*|shred|kill|pkill|killall|reboot|shutdown|truncate|chmod|chown|mv|tee|useradd|userdel|dropdb|createdb)\s
    | \bkubectl\b[^|;&]*\s(?:delete|apply|create|patch|scale|edit|drain|cordon|uncordon|replace|set|label|annotate|taint|rollout\s+(?:restart|undo))(?=\s|$)
    | \bhelm\b[^|;&]*\s(?:install|upgrade|rollback|uninstall|delete)\b
    | \b(?:docker|podman)(?:[\s-]compose)?\b[^|;&]*\s(?:rm|rmi|stop|restart|up|down|kill|prune|start|run|push)\b
    | \bterraform\s(?:[^|;&]*\s)?(?:apply|destroy|import|taint)\b | \bsystemctl\b[^|;&]*\s(?:start|stop|restart|reload|enable|disable|mask)\b
    | \baws\b[^|;&]*\s(?:delete|terminate|update|put|modify|create|reboot|stop|start|restore|run)-\w+
    | \baz\b[^|;&]*\s(?:delete|create|update|restart|stop|start|set|scale|purge|failover|restore|upgrade|add|remove|enable|disable|swap|invoke)(?=\s|$)
    | \bgcloud\b[^|;&]*\s(?:delete|create|update|restart|stop|start|resize|patch|reset)(?=\s|$)
    | \bgit\b[^|;&]*\s(?:push|revert|reset|commit|merge|rebase|tag\s+-)\b | \b(?:apt|apt-get|yum|dnf|apk|brew)\s+(?:-y\s+)?(?:install|remove|upgrade)\b
    | \b(?:drop|truncate|delete\s+from|update\s+\w+\s+set|insert\s+into|alter\s+(?:table|user|role|system|database)|grant|revoke|vacuum|reindex)\b[^|]*["';]
    | \bcurl\b[^|;&]*\s-X\s*["']?(?:POST|PUT|PATCH|DELETE) | \bredis-cli\b[^|;&]*\s(?:del|flushall|flushdb|set|config\s+set)\b
    """
)
# What touches only the machine of the person who types it is local by design.
OWN_MACHINE = re.compile(
    r"^\s*(?:brew|git\s+(?:commit|tag|merge|add|stash|revert)|az\s+(?:account|config|extension|upgrade)|aws\s+eks\s+update-kubeconfig|helm\s+diff)\b"
)
READS = re.compile(
    r"""(?x)^(?:sudo\s+)?(?:
      kubectl(?:\s+(?:-n|--namespace|--context|--kubeconfig)[\s=]\S+)*\s+(?:get|describe|logs|top|explain|version|cluster-info|api-resources)\b
    | (?:docker|podman)\s+(?:ps|logs|inspect|images|stats|version|info)\b | docker[\s-]compose(?:\s+-f\s+\S+)*\s+(?:ps|logs|config|top)\b
    | helm(?:\s+-n\s+\S+)*\s+(?:list|ls|status|history|get)\b | git\s+(?:log|status|diff|show|branch\s*$|remote\s+-v|describe|rev-parse)\b
    | (?:systemctl\s+(?:status|is-active|list-units)|journalctl)\b | (?:df|free|uptime|date|hostname|whoami|pwd|id|ls|cat|head|tail|grep|wc|ps|top|du|dig|nslookup|ping|ss|netstat|lsof|uname|env|which|stat|file)\b(?!.*[>]\s*[/\w])
    | aws(?:\s+--(?:profile|region)[\s=]\S+)*\s+[\w-]+\s+(?:describe|list|get)-\w+ | az\s+[\w\s-]*?\s(?:show|list)\b | gcloud\s+[\w\s-]*?\s(?:list|describe)\b
    | terraform\s+(?:plan|show|output|state\s+list|validate|version)\b | curl\s+(?:-[sSfILikv]+\s+)*["']?https?://\S+\s*$
    | gh\s+(?:run|pr|release|issue)\s+(?:list|view|status)\b | openssl\s+(?:x509|s_client)\b | (?:redis-cli)(?:\s+-[hpn]\s+\S+)*\s+(?:ping|info|dbsize)\b
    )"""
)
HOLES = re.compile(
    r"<[A-Za-z][\w -]{1,40}>|\{\{?\s*[A-Za-z][\w.]*\s*\}?\}|\bYOUR[_-]\w+|\byour-[a-z]+\b|\bx{4,}\b|\bREPLACE_ME\b|\[[A-Z][A-Z_ ]{3,}\]"
)
EVIDENT = re.compile(
    r"<[A-Za-z][^<>\n]{0,60}>|(?i:\byour[_-])|(?i:REPLACE|CHANGE)[_-]?ME|\{\{[^}]*\}\}|example\.(?:com|org|net)|path/to/|\bx{4,}\b|\bX{4,}\b"
    r"|(?<![\w$\\{])\{[a-z][\w-]{1,40}\}(?![\w}])|(?<=[\s/=-])\[[A-Za-z][\w -]{1,40}\](?=[\s/\"']|$)|-x{3,}\b|:TAG\b|\b[mM]y(?:[A-Z]\w*)?(?:RG|VM|Group|Cluster|VNet|NSG|Account)\b"
    r"|(?<![\\$\w])\$(?:\{[A-Za-z_]\w*|env:\w+|[A-Za-z_]\w*)"
)
PROGRAM = re.compile(
    r"%\{|\bfor\s|jq|awk|--query|jsonpath|go-template|--format|python|node|perl|sed|grep|printf|\bps\b|promql|json|'\{|\{\"|-d\s"
)
FORBIDS = re.compile(r"(?i)\b(?:do\s+not|don['’]t|never)\s+(?:ever\s+)?(?:run|execute|use|apply|delete|restart|do)\b")
OPENER = re.compile(
    r"^\s*(?:ssh\s+(?:-\S+\s+(?:\S+\s+)?)*[\w.@<>$-]+\s*$|kubectl\s+exec\s+-?-?[it]+\s.*--\s*(?:/bin/)?(?:ba)?sh\s*$|docker\s+exec\s+-it\s+\S+\s+(?:/bin/)?(?:ba)?sh\s*$|sudo\s+(?:-i|su\b.*)\s*$|su\s+-.*$)"
)
SHELL = BASH | CONSOLE | POWERSHELL


@dataclass
class StrangerFigures:
    """Counts, and up to so many examples of each thing to look at."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def note(self, name: str, where: str) -> None:
        self.counts[name] += 1
        self.examples.setdefault(name, []).append(where)


def measure_folder(folder: Path) -> StrangerFigures:
    figures = StrangerFigures()
    for path in sorted(path for path in folder.rglob("*.md") if path.is_file()):
        raw = path.read_bytes()
        name = str(path.relative_to(folder))
        figures.counts["documents"] += 1
        try:
            runbook = read_runbook(name, raw)
        except Exception as error:  # what this looks for
            figures.note("crashes", f"{name}: {error!r}")
            continue
        measure_document(figures, name, runbook)
    return figures


def measure_document(figures: StrangerFigures, name: str, runbook: Runbook) -> None:
    for procedure in runbook.procedures:
        for step in procedure.steps:
            if step.command:
                _measure_step(figures, name, runbook, procedure, step)
    fences = [(line, info) for line, info, _ in list_fences(runbook.text) if find_language_name(info) in SHELL]
    if fences:
        figures.counts["documents with shell"] += 1
        lost = [line for line, info in fences if not _is_accounted_for(runbook, line)]
        figures.counts["documents whose blocks all became steps or findings"] += not lost
        for line in lost:
            figures.note("blocks lost", f"{name}:{line}")


def _measure_step(figures: StrangerFigures, name: str, runbook: Runbook, procedure: Procedure, step: Step) -> None:
    where = f"{name}:{step.line}: {step.kind} {step.command[:150]!r}"
    figures.counts["commands"] += 1
    figures.counts["commands not in their grammar"] += bool(step.unparsed)
    bare = _without_comments(step.command)
    own = step.kind is StepKind.LOCAL and OWN_MACHINE.match(bare)
    if step.kind in LOOKS and not own and CHANGES.search(_without_quotes_of_search(bare)):
        figures.note("changes shown as read, to look at", where)
    if "\n" not in step.command and "|" not in bare and "&&" not in bare and READS.match(bare) and ">" not in bare:
        figures.counts["reads"] += 1
        if step.kind in (StepKind.READ, StepKind.VERIFY) or (step.kind is StepKind.LOCAL):
            figures.counts["reads shown as read"] += 1
        else:
            figures.note("reads shown as change", where)
    spans = [(blank.start, blank.end) for blank in find_placeholders(step.command, step.language)]
    for match in HOLES.finditer(step.command):
        asked = any(start <= match.start() < end or match.start() <= start < match.end() for start, end in spans)
        if not asked and not step.unparsed and not PROGRAM.search(step.command):
            figures.note("open placeholder, to look at", f"{where} {match.group()}")
    _measure_questions(figures, where, step, [step.command[start:end] for start, end in spans])
    above = runbook.text.split("\n")[max(0, step.line - 3) : step.line]
    if FORBIDS.search(f"{step.title} {step.remark}"):
        figures.note("prohibition as a step, to look at", f"{where} {step.title}")
    elif any(FORBIDS.search(line) for line in above if not line.lstrip().startswith("#")):
        figures.note("below a prohibition, to look at", f"{where} {' '.join(above)[:120]}")
    before = [other for other in procedure.commands if other.ordinal < step.ordinal]
    opened = next((other for other in reversed(before) if OPENER.match(other.command)), None)
    ended = opened and any(
        re.match(r"\s*(?:exit|logout)\b", other.command) for other in before if other.ordinal > opened.ordinal
    )
    if opened and not ended and step.place is None:
        figures.note("behind a session opener, to look at", f"{where} after {opened.command[:60]!r}")


def _measure_questions(figures: StrangerFigures, where: str, step: Step, forms: list[str]) -> None:
    """Commands in which no hole can be seen, and those of them that are asked for a value all the same.

    A form that says itself that it is a hole makes its command one with a hole. Of any other form only a reader can say
    whether the document means it, so each is an example to look at: the share is the most that it can be.
    """
    if step.unparsed:
        return
    if any(EVIDENT.search(form) for form in forms) or EVIDENT.search(_without_programs(step.command)):
        figures.counts["commands with an evident hole"] += 1
        return
    figures.counts["commands without an evident hole"] += 1
    if forms:
        figures.note("asked for a value without an evident hole, to look at", f"{where} {' '.join(forms)}")


def _without_programs(command: str) -> str:
    """Without what stands in single quotes: filters, templates, awk."""
    return re.sub(r"'[^']*'", "''", command)


def _without_comments(command: str) -> str:
    return "\n".join(re.sub(r"(?:^|\s)#.*$", "", line) for line in command.split("\n")).strip()


def _without_quotes_of_search(command: str) -> str:
    """Without what only searches for a word: `grep "delete"`."""
    return re.sub(
        r"""(?:grep|egrep|rg|awk|jq|echo|printf|--query|--selector)\s+(?:-\S+\s+)*(?:"[^"]*"|'[^']*'|\S+)""",
        "",
        command,
    )


def list_fences(text: str) -> Iterator[tuple[int, str, str]]:
    """(line, info, body) of every fence, by lines alone."""
    open_mark, start, info, body = "", 0, "", list[str]()
    for number, line in enumerate(text.split("\n"), start=1):
        mark = FENCE.match(line)
        if open_mark:
            if mark and mark["mark"].startswith(open_mark) and not mark["info"].strip():
                yield start, info, "\n".join(body)
                open_mark = ""
            else:
                body.append(line)
        elif mark:
            open_mark, start, info, body = mark["mark"], number, mark["info"], []


def _is_accounted_for(runbook: Runbook, line: int) -> bool:
    """A step, a finding, or a block of values or output that is listed lies in the fence."""
    fence = next(item for item in list_fences(runbook.text) if item[0] == line)
    end = line + fence[2].count("\n") + 2
    if not fence[2].strip():
        return True
    steps = (step for procedure in runbook.procedures for step in procedure.steps)
    if any(line <= step.line <= end for step in steps):
        return True
    if any(line <= finding.line <= end for finding in runbook.findings):
        return True
    if any(line in lines for lines in runbook.to_read.values()):
        return True
    expected = " ".join(step.expected for procedure in runbook.procedures for step in procedure.steps)
    first = next((text.strip() for text in fence[2].splitlines() if text.strip()), "")
    return first in expected or all(re.match(r"\s*(?:\$\s+)?(?:#.*)?$", text) for text in fence[2].splitlines())


def main() -> None:
    start = time.process_time()
    figures = measure_folder(Path(sys.argv[1]))
    shown = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    for name, places in figures.examples.items():
        print(f"\n{name}: {len(places)}")
        print("\n".join(f"  {place}" for place in places[:shown]))
    print()
    for name, count in figures.counts.items():
        print(f"{count:7} {name}")
    asked = figures.counts["asked for a value without an evident hole, to look at"]
    share = 100 * asked / max(1, figures.counts["commands without an evident hole"])
    print(f"{share:7.1f} % of the commands without an evident hole are asked for a value, at most")
    print(f"{time.process_time() - start:7.1f} s of processor time")


if __name__ == "__main__":
    main()
