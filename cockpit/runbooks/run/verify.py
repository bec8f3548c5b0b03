"""Is that what the document expects? Typed questions with a yes or no, else the person's eye. Never a similarity."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cockpit.model.run import StepState
from cockpit.model.runbook import Step, StepKind
from cockpit.model.text import clean_line
from cockpit.model.time import PATTERN as DURATION
from cockpit.model.time import DurationError, seconds
from cockpit.runbooks.run.outcome import MAY_HAVE_BEEN_DONE
from cockpit.runbooks.types import Finished

What = Literal[
    "exit", "http", "json", "subset", "regex", "text", "says", "nothing", "number", "count", "probe", "ready"
]
QUOTED = r"\"[^\"\n]+\"|'[^'\n]+'|`[^`\n]+`"
COMPARED = r"(?P<op>==|!=|<=|>=|<|>|=)\s*(?P<value>\"[^\"\n]*\"|'[^'\n]*'|[^\s,;`]+)"
STATES = "up|down|degraded"
WITHIN = r"(?:\s+within\s+(?P<within>\S*\w))?"
FORMS: tuple[tuple[What, re.Pattern[str]], ...] = (
    ("exit", re.compile(r"(?i)\bexit(?:\s+(?:code|status))?\s*(?:==|=|:|is)?\s*(?P<value>\d{1,3})\b")),
    ("json", re.compile(rf"`?(?<![\w.])(?P<name>\.[\w.\[\]\"@-]*)\s*{COMPARED}`?")),
    ("http", re.compile(r"(?i)\b(?:http|status)(?:\s+(?:code|status))?\s*(?:==|=|:|is)?\s*(?P<value>[1-5]\d\d)\b")),
    ("http", re.compile(r"\b(?P<value>[1-5]\d\d)\s+(?:OK|Created|Accepted|No Content|Not Found)\b")),
    ("probe", re.compile(rf"(?i)\b(?:every|each)\s+probe\s+(?:is\s+)?(?P<value>{STATES})\b{WITHIN}")),
    ("probe", re.compile(rf"(?i)\bprobe\s+`?(?P<name>[\w./-]+)`?\s+(?:is\s+)?(?P<value>{STATES})\b{WITHIN}")),
    ("ready", re.compile(rf"(?i)\bthe\s+revision\s+is\s+(?P<value>ready)\b{WITHIN}")),
    ("number", re.compile(rf"(?i)\bnumber\s*{COMPARED}")),
    ("regex", re.compile(r"(?i)(?:\bmatch(?:es)?\s+)?(?<![\w/])/(?P<value>(?:[^/\n\\]|\\.)+)/(?![\w/])")),
    ("text", re.compile(rf"(?i)\bcontains?\s+(?P<value>{QUOTED})")),
    ("says", re.compile(
        r"(?i)\b(?:prints?|outputs?|returns?|shows?|says?|displays?|answers?|responds?\s+with"
        r"|(?:output|result|response|answer)\s*(?:is|:|(?:should|must|will)\s+(?:be|say|read)))"
        rf"\s*:?\s*(?:exactly\s+|only\s+)?(?P<value>{QUOTED})"
    )),
    ("says", re.compile(r"\A\s*(?P<value>`[^`\n]+`)\s*\Z")),
    ("nothing", re.compile(
        r"(?i)\A\W*(?P<value>(?:it\s+)?(?:(?:should\s+)?(?:prints?|outputs?|returns?|shows?)\s+nothing"
        r"|nothing(?:\s+(?:is|should\s+be)\s+(?:printed|shown|returned|listed))?"
        r"|(?:no|empty|an\s+empty)\s+(?:output|result|response)|(?:should\s+be\s+)?empty))\W*\Z"
    )),
)  # fmt: skip
COUNT = re.compile(r"(?i)(?<![\d,.])(?P<value>\d{1,3}(?:,\d{3})+|\d{1,9})\s+(?P<name>[a-z][a-z_-]{2,30})\b")
UNITS = re.compile(r"(?i)(?:seconds?|secs?|minutes?|mins?|hours?|days?|weeks?|percent|bytes|times|ok|created|accepted)")
NUMBER = re.compile(r"(?<![\w.-])(?:\d{1,3}(?:,\d{3})+|\d+)(?![\w.-])")
JSON_BEGINS = re.compile(r"[{\[]")
ELISION = re.compile(r",?\s*(?:\.\.\.|…)\s*(?=[}\]])")  # `{"status": "ok", ...}`: there may be more
# What stands in an example for any value: `"..."`, `"<version>"`, `"{{ id }}"`, and a moment or an id of that day.
ANY_VALUE = re.compile(r"\s*(?:\.\.\.|…|x{3,}|<[^<>]*>|\{\{?[^{}]*\}?\}|\$\{?\w+\}?)\s*", re.IGNORECASE)
OF_ONE_DAY = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|[0-9a-f]{40}|[0-9a-f]{64}"
)
CONNECTS = re.compile(
    r"(?i)\b(?:and|with|the|body|json|it|returns?|expected|response|result|output|is|be|should|an?|code)\b|[\s,;.:`&]+"
)
BARE_STATUS = re.compile(r"^\s*`?(?P<value>[1-5]\d\d)`?(?=$|[\s,;])")
ORDERS: Mapping[str, Any] = {
    "==": lambda a, b: a == b, "=": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b,
    ">": lambda a, b: a > b, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
}  # fmt: skip
REPEATS_REPEATED = re.compile(r"[+*}]\)+[+*{]|\|[^)]*\)[+*{]")
LONGEST = 20_000  # letters of expected text that are read for questions
EVERY = "*"  # the name of a probe that stands for each of them
WAITED_FOR = frozenset({"probe", "ready"})  # time alone may turn these into a yes
BY_EYE = "compare with what is expected"


@dataclass(frozen=True, slots=True)
class Assertion:
    """One question. `name` is a path or a probe, `within` the seconds a probe may take to get there."""

    what: What
    value: Any
    name: str = ""
    operator: str = "=="
    within: float = 0.0


@dataclass(frozen=True, slots=True)
class Expected:
    """What a document expects of a step. `eye`: there is more to it than the questions ask."""

    assertions: tuple[Assertion, ...] = ()
    eye: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What there is to judge by. `probes` maps the name of every configured probe to its state.

    `unready` is why the revision of the command would not answer now, "" when it would; None where that was not read.
    """

    exit_code: int | None = None
    http_status: int | None = None
    output: str = ""
    probes: Mapping[str, str] = field(default_factory=dict)
    unready: str | None = None


@dataclass(frozen=True, slots=True)
class VerifyVerdict:
    """`look`: nothing spoke against it, and a person must compare the rest. `waits`: time alone may turn the no."""

    answer: Literal["passed", "failed", "look"]
    text: str = ""
    waits: bool = False


def parse_expectation(step: Step) -> Expected:
    """The questions in a step's expected text and its `expect` tag. Never raises."""
    text = "\n".join(text for text in (step.expected, step.tags.get("expect", "")) if text)
    if len(text) > LONGEST:
        return Expected(eye=True, text=text)
    assertions: list[Assertion] = []
    rest = text
    if step.language == "http" and (status := BARE_STATUS.match(rest)):
        assertions.append(Assertion("http", int(status["value"])))
        rest = rest[status.end() :]
    for written, value in list(_find_json(rest)):
        assertions.append(Assertion("subset", value))
        rest = rest.replace(written, " ", 1)
    for what, form in FORMS:
        for match in list(form.finditer(rest)):
            if (assertion := _make_assertion(what, match)) is not None:
                assertions.append(assertion)
                rest = rest.replace(match.group(), " ", 1)
    counts = [match for match in COUNT.finditer(rest) if not UNITS.fullmatch(match["name"])]
    if counts and not CONNECTS.sub("", COUNT.sub(" ", rest)):  # nothing else is written: `2 meetings, 26 actions`
        assertions += [Assertion("count", int(match["value"].replace(",", "")), match["name"]) for match in counts]
        rest = ""
    return Expected(tuple(assertions), bool(CONNECTS.sub("", rest)), text)


def _find_json(text: str) -> Iterator[tuple[str, Any]]:
    """The outermost objects and lists of a text, as written and as JSON reads them. A list stands alone on its line."""
    whole = ELISION.sub(lambda match: " " * len(match.group()), text)
    decoder = json.JSONDecoder()
    place = 0
    while match := JSON_BEGINS.search(whole, place):
        place = match.end()
        try:
            value, end = decoder.raw_decode(whole, match.start())
        except (ValueError, RecursionError):
            continue
        alone = re.search(r"(?:\A|[\n`:])[ \t]*\Z", whole[: match.start()]) and re.match(
            r"[ \t`]*(?:\Z|[\n`,.;])", whole[end:]
        )
        if isinstance(value, dict) or alone:
            yield text[match.start() : end], value
            place = end


def _make_assertion(what: What, match: re.Match[str]) -> Assertion | None:
    parts = match.groupdict()
    value: Any = parts["value"]
    if what in ("exit", "http"):
        return Assertion(what, int(value))
    if what == "ready":
        return Assertion(what, True, within=_parse_within(parts["within"]))
    if what == "probe":
        return Assertion(what, value.lower(), parts.get("name") or EVERY, within=_parse_within(parts["within"]))
    if what == "regex":
        return Assertion(what, value) if _is_pattern(value) else None
    if what in ("text", "says"):
        return Assertion(what, value[1:-1].strip()) if value[1:-1].strip() and not ANY_VALUE.search(value) else None
    if what == "nothing":
        return Assertion(what, "")
    value = _parse_literal(value)
    if what == "number" and not _is_number(value):
        return None
    return Assertion(what, value, parts.get("name") or "", parts["op"])


def verify_evidence(target: Expected, evidence: Evidence) -> VerifyVerdict:
    """The verdict: the first question answered with no, or what is left for the eye."""
    for assertion in sorted(target.assertions, key=lambda assertion: assertion.what in WAITED_FOR):
        if no := _explain_failure(assertion, evidence):
            return VerifyVerdict("failed", no, waits=assertion.what in WAITED_FOR)
    if evidence.unready is None and any(assertion.what == "ready" for assertion in target.assertions):
        return VerifyVerdict("look", "whether a replica is ready cannot be read here: look yourself")
    if not evidence.probes and any(
        assertion.what == "probe" and assertion.name == EVERY for assertion in target.assertions
    ):
        return VerifyVerdict("look", "no probe is configured here: look at the app yourself")
    grown = [text for assertion in target.assertions if (text := _describe_doubt(assertion, evidence))]
    if grown:
        return VerifyVerdict("look", ", ".join(grown))
    if target.eye and _is_same_text(target.text, evidence.output):
        return VerifyVerdict("passed", "exactly as expected")
    if target.eye and (other := _explain_other_value(target.text, evidence.output)):
        return VerifyVerdict("failed", other)
    if target.eye:
        return VerifyVerdict("look", BY_EYE)
    return VerifyVerdict("passed", "as expected" if target.assertions else "")


def conclude_attempt(
    finished: Finished, verdict: VerifyVerdict, target: Expected, kind: StepKind
) -> tuple[StepState, str]:
    """The state of the attempt and the sentence on its verification. What is unknown stays unknown."""
    asked_for = {assertion.what for assertion in target.assertions}
    if finished.state is StepState.UNKNOWN and verdict.answer == "passed" and is_foreseen(finished, asked_for):
        return StepState.OK, verdict.text
    if finished.state is StepState.WARN:  # it found nothing, and the document may have expected that
        answers = {"passed": StepState.OK if asked_for else StepState.WARN, "failed": StepState.FAILED}
        return answers.get(verdict.answer, StepState.WARN), verdict.text
    if finished.state not in (StepState.OK, StepState.FAILED):
        return finished.state, ""
    if finished.state is StepState.FAILED:
        by_exit = finished.exit_code is not None and finished.http_status is None and "exit" in asked_for
        counted = by_exit or (finished.http_status is not None and "http" in asked_for)
        if not counted or verdict.answer != "passed" or finished.timed_out or finished.cancelled:
            return StepState.FAILED, verdict.text if verdict.answer == "failed" else ""
        return StepState.OK, verdict.text
    if verdict.answer == "failed":
        # What changed something did so, whatever it printed: it is not to be done again as if it had failed.
        return StepState.WARN if kind in MAY_HAVE_BEEN_DONE else StepState.FAILED, verdict.text
    return StepState.WARN if verdict.answer == "look" else StepState.OK, verdict.text


def is_foreseen(finished: Finished, asked_for: set[What]) -> bool:
    """Whether a document foresees an answer that would be strange elsewhere: a redirect, or what stands in a page."""
    status = finished.http_status or 0
    body = {"json", "subset", "regex", "text", "says", "number", "count"}
    return (300 <= status < 400 and "http" in asked_for) or (200 <= status < 300 and bool(body & asked_for))


def _explain_failure(assertion: Assertion, evidence: Evidence) -> str:
    """Why the answer is no, "" for yes."""
    match assertion.what:
        case "exit":
            return _explain_difference("exit code", evidence.exit_code, "==", assertion.value)
        case "http":
            return _explain_difference("HTTP status", evidence.http_status, "==", assertion.value)
        case "probe":
            names = sorted(evidence.probes) if assertion.name == EVERY else [assertion.name]
            answers = (
                _explain_difference(f"probe {name}", evidence.probes.get(name), "==", assertion.value) for name in names
            )
            return next(filter(None, answers), "")
        case "ready":
            return f"it is not ready: {evidence.unready}" if evidence.unready else ""
        case "regex":
            return "" if _matches_pattern(assertion.value, evidence.output) else f"nothing matches /{assertion.value}/"
        case "nothing":
            return f"it printed something: {clean_line(evidence.output, 60)!r}" if evidence.output.strip() else ""
        case "text" | "says":
            # As whole words: `unhealthy` does not contain `healthy`.
            whole = rf"(?<!\w){re.escape(assertion.value)}(?!\w)"
            return "" if re.search(whole, evidence.output) else f"it does not contain {assertion.value!r}"
        case "count":
            return _explain_count(assertion, evidence.output)
        case "number":
            number = _parse_literal(evidence.output.strip())
            if not _is_number(number):
                return f"the output is not a number: {clean_line(evidence.output, 60)!r}"
            return _explain_difference("number", number, assertion.operator, assertion.value)
    document = _parse_json(evidence.output)
    if document is None:
        return "the output is not JSON"
    if assertion.what == "subset":
        return _find_missing_field(document, assertion.value)
    return _explain_difference(
        assertion.name, _read_json_path(document, assertion.name), assertion.operator, assertion.value
    )


def _list_counts(name: str, output: str) -> list[int]:
    """The numbers on the lines that speak of a noun: `Meetings   2`, `actions: 26`."""
    stem = name.casefold().rstrip("s")
    lines = (line for line in output.casefold().splitlines() if re.search(rf"\b{re.escape(stem)}", line))
    return [int(number.replace(",", "")) for line in lines for number in NUMBER.findall(line)]


def _explain_count(assertion: Assertion, output: str) -> str:
    """Fewer than there were is a no; more may have come since, and a person looks. None expected means none."""
    numbers = _list_counts(assertion.name, output)
    if not numbers:
        return f"the output says nothing of {assertion.name}"
    most = max(numbers)
    if assertion.value in numbers or (most > assertion.value and assertion.value):
        return ""
    return f"{assertion.name}: {most} instead of {assertion.value}"


def _describe_doubt(assertion: Assertion, evidence: Evidence) -> str:
    """What a person looks at though nothing speaks against it: more than was counted, a word among others."""
    if assertion.what == "says":
        lines = [line.strip().strip("\"'") for line in evidence.output.splitlines()]
        return "" if assertion.value in lines else f"{assertion.value!r} stands among other words"
    if assertion.what != "count" or assertion.value in (numbers := _list_counts(assertion.name, evidence.output)):
        return ""
    return f"{assertion.name}: {max(numbers, default=0)}, expected {assertion.value}"


def _explain_difference(name: str, actual: Any, operator: str, value: Any) -> str:
    try:
        if actual is not None and ORDERS[operator](actual, value):
            return ""
    except TypeError:
        pass
    shown_text = "nothing" if actual is None else clean_line(json.dumps(actual, ensure_ascii=False), 80)
    return f"{name} is {shown_text}, expected {operator} {clean_line(json.dumps(value, ensure_ascii=False), 80)}"


def _explain_other_value(expected: str, output: str) -> str:
    """Where both are one number, or true and false, that they are not the same; "" for all else."""
    values = [_parse_json(text.strip().strip("`").casefold()) for text in (expected, output)]
    alike = type(values[0]) is type(values[1]) and isinstance(values[0], bool | int | float)
    return f"it is {output.strip()}, expected {expected.strip()}" if alike and values[0] != values[1] else ""


def _find_missing_field(document: Any, expected: Any, name: str = "") -> str:
    """The first field of what is expected that a document has not, or has otherwise. It may have more fields.

    Of a list each expected entry is somewhere in it; where these are single values, there is no other.
    """
    if isinstance(expected, dict):
        found = document if isinstance(document, dict) else {}
        if not isinstance(document, dict):
            return _explain_difference(name or "the output", document, "==", expected)
        inner = (_find_missing_field(found.get(key), value, f"{name}.{key}") for key, value in expected.items())
        return next(filter(None, inner), "")
    if isinstance(expected, list) and isinstance(document, list):
        missing = [entry for entry in expected if all(_find_missing_field(other, entry) for other in document)]
        single = not any(isinstance(entry, dict | list) for entry in expected)
        if not missing and (not single or len(document) == len(expected)):
            return ""
    elif isinstance(expected, str) and document is not None:
        both = (OF_ONE_DAY.fullmatch(text) for text in (expected, document) if isinstance(text, str))
        if ANY_VALUE.fullmatch(expected) or [bool(match) for match in both] == [True, True]:
            return ""
    return _explain_difference(name or "the output", document, "==", expected)


def _read_json_path(document: Any, path: str) -> Any:
    """The value at a path as jq writes it; None when there is none."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.search(path.removeprefix(".").replace('["', '."').replace('"]', '"') or "@", document)
    except (JMESPathError, ValueError, RecursionError):
        return None


def _is_pattern(text: str) -> bool:
    """A regular expression that ends: one that repeats what repeats may go on for ever."""
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        return False
    return REPEATS_REPEATED.search(text) is None


def _matches_pattern(pattern: str, text: str) -> bool:
    """Line by line, and no endless line."""
    compiled = re.compile(pattern)
    return any(compiled.search(line[:2_000]) for line in text.splitlines())


def _parse_literal(text: str) -> Any:
    if text[:1] in "\"'" and text[-1:] == text[:1] and len(text) > 1:
        return text[1:-1]
    value = _parse_json(text)
    return text if value is None and text != "null" else value


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _parse_within(text: str | None) -> float:
    try:
        return float(seconds(text)) if text and re.fullmatch(DURATION, text) else 0.0
    except DurationError:
        return 0.0


def _is_same_text(one: str, other: str) -> bool:
    def lines(text: str) -> list[str]:
        return [line.rstrip() for line in text.strip().splitlines()]

    return lines(one) == lines(other)
