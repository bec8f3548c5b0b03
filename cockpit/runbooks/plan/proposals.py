"""What a team's tables and lists propose to watch, as TOML to paste: endpoints become probes, thresholds signals.

Nothing is watched by itself: a person pastes it, fills in the host and the query, and takes out what is not wanted.
"""

import json
import re
from collections.abc import Iterable, Iterator

from cockpit.model.runbook import DocumentTable
from cockpit.model.text import clean_line
from cockpit.runbooks.catalogue.catalogue import Document
from cockpit.runbooks.document.labels import make_slug, strip_markdown
from cockpit.runbooks.document.outline import Shape, list_chapters
from cockpit.runbooks.plan.durations import find_amount
from cockpit.runbooks.plan.plan import origin_of
from cockpit.runbooks.plan.source import find_column, read_cell

ENDPOINT = re.compile(r"(?:(?P<method>GET|HEAD|POST|OPTIONS)\s+)?(?P<url>https?://\S+|/[\w./{}<>:-]*)")
STATUS = re.compile(r"\b([1-5]\d\d)\b")
# It answers and is not ready: "200 when all pass; 503 otherwise".
UNREADY = re.compile(r"(?i)\b(5\d\d)\b\W*\s(?:otherwise|if\s+not|while|until|when\s+(?:not|any|it)\b)")
BODY = re.compile(r"\{[^{}]*\}")
_VALUE = r"(?P<value>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<thousands>[kKM](?![A-Za-z]))?"
_UNIT = r"(?P<unit>%|ms|s\b|sec\w*|min\w*|h\b|hours?|KB|MB|GB|TB)?"
LIMIT = re.compile(rf"(?P<sign>[<>≤≥]=?)\s*{_VALUE}\s*{_UNIT}")
# In a column of thresholds a word says it as well; in a sentence "under 5 minutes" is no limit of a signal.
_WORDS = r"above|over|more\s+than|greater\s+than|exceeds|below|under|less\s+than|fewer\s+than|at\s+least"
LIMIT_IN_WORDS = re.compile(rf"(?i:(?P<sign>[<>≤≥]=?|{_WORDS}))\s*{_VALUE}\s*{_UNIT}")
OVER = ("above", "over", "more", "greater", "exceeds", "at")
THOUSANDS = {"k": 1_000, "m": 1_000_000}
FASTER_THAN = re.compile(
    r"(?i)(?:<|≤|under|within|below|in\s+less\s+than|faster\s+than)\s*=?\s*(\d+(?:\.\d+)?)\s*(ms|s\b|sec\w*)"
)
OF_WATCHING = re.compile(
    r"(?i)\b(?:alerts?|alarms?|alerting|thresholds?|monitor\w*|watch\w*|page|warn\w*|health\s?-?checks?)\b"
)
SAYS_WHEN = re.compile(
    r"(?i)\W*\b(?:alerts?|alarms?|pages?|warns?|fires?|(?:is|goes|rises|stays))?\s*(?:at|when|if|above|over|below|under|on)?\W*$"
)
PATH_OF_A_CHECK = re.compile(r"(?:^|[\s(])(/[\w./-]+)")
EVERY = re.compile(r"(?i)\bevery\b")
HOST = "https://HOST"  # to be filled in


def propose_watches(documents: Iterable[Document], environment: str) -> Iterator[str]:
    """The lines of TOML for every table and list of endpoints and of thresholds in the team's own documents."""
    for document in documents:
        if not document.builtin:
            yield from _propose_of_lists(document, environment)
        for table in () if document.builtin else document.runbook.tables:
            origin = f"{origin_of(document)}:{table.line}"
            if table.kind == "probes":
                yield from _propose_probes(table, environment, origin)
            elif table.kind == "thresholds":
                yield from _propose_signals(table, environment, origin)


def _propose_probes(table: DocumentTable, environment: str, origin: str) -> Iterator[str]:
    endpoints = find_column(table, "endpoint", "url", "path", "health", "address")
    expected = find_column(
        table, "expected", "response", "should", "return", "answer", "status", "healthy", but=(endpoints or 0,)
    )
    for row in table.rows:
        endpoint = ENDPOINT.search(strip_markdown(read_cell(row, endpoints)))
        if endpoint is None:
            continue
        url = endpoint["url"] if "://" in endpoint["url"] else f"{HOST}{endpoint['url']}"
        name = make_slug(url.rstrip("/").rpartition("/")[2]) or "health"
        yield f"[[environments.{environment}.probes]]  # {origin}"
        yield f"name = {json.dumps(name)}"
        yield f"url = {json.dumps(url)}"
        if endpoint["method"] not in (None, "GET"):
            yield f"method = {json.dumps(endpoint['method'])}"
        conditions, degraded = list(_list_conditions(read_cell(row, expected))), list[str]()
        if refused := UNREADY.search(read_cell(row, expected)):
            good, *rest = conditions
            degraded = [good]
            conditions = [f"[STATUS] == any({good.rpartition(' ')[2]}, {refused[1]})", *rest]
        if fast := FASTER_THAN.search(read_cell(row, expected)):
            degraded.append(f"[RESPONSE_TIME] < {fast[1]}{'ms' if fast[2] == 'ms' else 's'}")
        yield f"conditions = {json.dumps(conditions)}"
        if degraded:
            yield f"degraded = {json.dumps(degraded)}"
        yield ""


def _list_conditions(expected: str) -> Iterator[str]:
    """`200 OK with {"status": "healthy"}` as conditions; where a second status is named, the first is the good one."""
    status = STATUS.search(expected)
    yield f"[STATUS] == {status[1] if status else 200}"
    body = BODY.search(strip_markdown(expected))
    try:
        fields = json.loads(body.group()) if body else {}
    except ValueError:
        fields = {}
    for name, value in fields.items() if isinstance(fields, dict) else ():
        if re.fullmatch(r"\w+", name) and isinstance(value, str | int) and re.fullmatch(r"[\w.-]+", str(value)):
            yield f"[BODY].{name} == {str(value).lower() if isinstance(value, bool) else value}"


def _propose_signals(table: DocumentTable, environment: str, origin: str) -> Iterator[str]:
    signals, limits = (
        find_column(table, "signal", "metric", "alert") or 0,
        find_column(table, "threshold", "warn", "crit"),
    )
    for row in table.rows:
        text = strip_markdown(read_cell(row, limits))
        name = clean_line(strip_markdown(read_cell(row, signals)), 60)
        if name and (limit := LIMIT_IN_WORDS.search(text)):
            yield from _propose_signal(name, text, limit, environment, origin)
        elif name and any(letter.isdigit() for letter in text):
            yield f"# {origin}: {name}: {clean_line(text, 80)}: no signal, as nothing says above or below"
            yield ""


def _propose_signal(name: str, text: str, limit: re.Match[str], environment: str, origin: str) -> Iterator[str]:
    sign = limit["sign"].lower()
    over = sign.startswith((">", "≥", *OVER))
    meets = sign.endswith(("=", "≥", "≤")) or sign.startswith("at")  # the limit itself is no good value any more
    good = ("<" if over else ">") + ("" if meets else "=")
    value = limit["value"].replace(",", "")
    if limit["thousands"]:
        value = f"{float(value) * THOUSANDS[limit['thousands'].lower()]:.0f}"
    span = find_amount(text[limit.end() :])
    yield f"[[environments.{environment}.signals]]  # {origin}: {clean_line(text, 80)}"
    yield f"name = {json.dumps(name)}"
    yield 'kind = "promql"'
    yield 'url = "http://localhost:9090"'
    yield f'query = "QUERY"  # what measures {name}'
    if limit["unit"]:
        yield f"unit = {json.dumps('s' if limit['unit'].startswith('sec') else limit['unit'])}"
    yield f"degraded = {json.dumps([f'[VALUE] {good} {value}'])}"
    if span is not None:
        yield f'for = "{int(span.after.total_seconds())}s"'
    yield ""


def _propose_of_lists(document: Document, environment: str) -> Iterator[str]:
    """`- Latency p95 alerts at >10s for 5 minutes`, `- Health checks (/health) every 30s`; other items are text."""
    runbook = document.runbook
    for chapter in list_chapters(runbook.text, runbook.outline):
        watched = bool(OF_WATCHING.search(chapter.title))
        for block in chapter.blocks:
            if block.shape is not Shape.ITEM or not (watched or OF_WATCHING.search(block.text)):
                continue
            origin = f"{origin_of(document)}:{block.line}"
            text = block.text.replace("`", "")
            path, every = PATH_OF_A_CHECK.search(text), EVERY.search(text)
            if limit := LIMIT.search(text):
                name = clean_line(SAYS_WHEN.sub("", text[: limit.start()]).strip(" :,-–—*"), 60)
                if name:
                    yield from _propose_signal(name, text, limit, environment, origin)
            elif path and every and (span := find_amount(text[every.start() :])):
                yield f"[[environments.{environment}.probes]]  # {origin}: {clean_line(text, 80)}"
                yield f"name = {json.dumps(make_slug(path[1].rpartition('/')[2]) or 'health')}"
                yield f"url = {json.dumps(HOST + path[1])}"
                yield f'interval = "{int(span.after.total_seconds())}s"'
                yield ""
