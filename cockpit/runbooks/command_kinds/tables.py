"""What the words behind a tool's name mean: tables of verbs and flags, as data. See `data/kubernetes.toml` for keys."""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase, translate
from functools import cache, lru_cache
from importlib.resources import files
from operator import attrgetter
from typing import Any, NamedTuple

from cockpit.model.runbook import TEAM_COMMANDS, StepKind
from cockpit.runbooks.shell_syntax import MASK_LETTER

ORDER = [StepKind.READ, StepKind.VERIFY, StepKind.LOCAL, StepKind.CHANGE, StepKind.DANGER]
RANKS = {kind: rank for rank, kind in enumerate(ORDER)}  # a list is searched from its head for each of them
NOT_TOOLS = frozenset(("words.toml", "sql.toml", "languages.toml"))
GLOB = re.compile(r"[*?[]")
PATTERN = re.compile(r"[*?[=]")  # of a flag that more than its own name meets
MOST_NAMES_KEPT = 5_000  # words that were asked for; more are no names of tools
SHORTEST_ABBREVIATION = 4  # letters of `--vo`, which some tools take for --volumes


@dataclass(frozen=True, slots=True)
class VerbPattern:
    """Some words, each with `*` for anything; `.` at the end means that no other word follows."""

    tokens: tuple[str, ...]
    kind: StepKind
    plain: tuple[str, ...] = field(init=False, compare=False, repr=False)  # the words that match only themselves
    weight: tuple[int, int, int] = field(init=False, compare=False, repr=False)  # of several that match, this counts

    def __post_init__(self) -> None:
        plain = tuple(token for token in self.tokens if token != "." and not GLOB.search(token))
        object.__setattr__(self, "plain", plain)
        literal = sum("*" not in token for token in self.tokens)
        object.__setattr__(self, "weight", (len(self.tokens), literal, RANKS[self.kind]))

    def matches(self, parts: Sequence[str]) -> bool:
        """True when the words begin so. A word that is only known when it runs matches nothing but `*`."""
        if self.tokens[-1:] == (".",):
            return len(parts) == len(self.tokens) - 1 and _match_all(self.tokens[:-1], parts)
        return len(parts) >= len(self.tokens) and _match_all(self.tokens, parts)


class FlagSpecs(NamedTuple):
    """What is asked of a command's flags, told apart: names that only themselves meet, `--flag=value`, and `--fl*`.

    Most commands have none of them, and are asked once for all names together.
    """

    names: frozenset[str] = frozenset()
    patterns: tuple[str, ...] = ()
    pattern_starts: tuple[str, ...] = ()  # of each pattern, up to its first `*`: most flags begin otherwise
    of_names: tuple[tuple[str, str], ...] = ()  # `--flag=value` with the one name of which it can be: most of them
    of_words: tuple[str, ...] = ()  # those that a word meets, too
    lines: str = ""  # each without `=` behind the end of a line: searched at once for one that begins so

    def match(self, parsed: "ParsedArguments") -> bool:
        """True when a flag meets one of them. One that the tool does not know may be a name cut short."""
        for flag in parsed.unknown_flags:
            if flag.startswith("--") and len(flag) >= SHORTEST_ABBREVIATION and f"\n{flag}" in self.lines:
                return True
        if not self.names.isdisjoint(parsed.flag_names):
            return True
        for name, spec in self.of_names:
            if name in parsed.flag_names and meets_flag(spec, parsed):
                return True
        begun = bool(self.patterns) and any(name.startswith(self.pattern_starts) for name in parsed.flag_names)
        patterns = self.patterns if begun else self.of_words
        return bool(patterns) and any(meets_flag(pattern, parsed) for pattern in patterns)


def make_flag_specs(specs: Sequence[str]) -> FlagSpecs:
    """The specs of one rule, as they are written in the data files."""
    patterns = [spec for spec in specs if PATTERN.search(spec)]
    of_names = [(spec.partition("=")[0], spec) for spec in patterns if not GLOB.search(spec.partition("=")[0])]
    names = frozenset(specs) - frozenset(patterns)
    others = tuple(spec for spec in patterns if GLOB.search(spec.partition("=")[0]))
    starts = tuple(GLOB.split(spec, maxsplit=1)[0] for spec in others if not spec.startswith("*"))
    of_words = tuple(spec for spec in others if spec.startswith("*"))
    whole = (spec.rstrip("*") for spec in specs if "=" not in spec and not spec.startswith("*"))
    lines = "".join(f"\n{spec}" for spec in whole)
    return FlagSpecs(names, others, starts, tuple(of_names), of_words, lines)


@dataclass(frozen=True, slots=True)
class RaiseRule:
    """What makes a verb worse (or, with `lowers`, less bad): flags, `flag=value`, or more words than `more_than`."""

    kind: StepKind
    verbs: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    more_than: int | None = None
    but: tuple[str, ...] = ()
    lowers: bool = False
    specs: FlagSpecs = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "specs", make_flag_specs(self.flags))


@dataclass(frozen=True, slots=True)
class CommandTool:
    """One tool, or some that are alike. Each field is a key of the data files."""

    title: str
    names: tuple[str, ...]
    verbs: tuple[VerbPattern, ...] = ()
    raises: tuple[RaiseRule, ...] = ()
    values: frozenset[str] = frozenset()  # flags that take the next word
    two_values: frozenset[str] = frozenset()
    optional_values: frozenset[str] = frozenset()  # take the next word unless it is a flag
    flags: frozenset[str] = frozenset()  # flags that take none
    follow_flags: frozenset[str] = frozenset()  # of `values`, but none behind the verb `logs`
    read_flags: tuple[str, ...] = ()  # with one of these it only looks
    change_flags: tuple[str, ...] = ()  # with one of these it is a change
    any_flags: bool = False  # no flag can make a look into something else, but those under `raise`
    number_flags: bool = False  # `-20`
    long_style: bool = False  # -flag=value with one dash, no clusters of letters
    path: bool = False  # groups and then a verb
    ends_with_verb: bool = False
    verb_at: int | None = None
    many_verbs: bool = False  # each further word is a verb of its own
    ignore_case: bool = False
    positional: str = ""  # what every word that is no flag must look like
    scratch_paths: bool = False  # every word must be a file of the person's own
    default: StepKind = StepKind.CHANGE
    index: "VerbIndex" = field(init=False, compare=False, repr=False)
    read_specs: FlagSpecs = field(init=False, compare=False, repr=False)
    change_specs: FlagSpecs = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", VerbIndex(self.verbs))
        object.__setattr__(self, "read_specs", make_flag_specs(self.read_flags))
        object.__setattr__(self, "change_specs", make_flag_specs(self.change_flags))


class ParsedArguments(NamedTuple):
    """A tool's words told apart. `leading` are the words before the first flag that is not known."""

    positionals: tuple[str, ...]
    leading: tuple[str, ...]
    flags: tuple[tuple[str, str], ...]
    unknown_flags: tuple[str, ...]
    flag_names: frozenset[str]


@dataclass(frozen=True, slots=True)
class DangerWords:
    danger: frozenset[str]
    looks: frozenset[str]
    acts: frozenset[str]


def _match_all(tokens: Sequence[str], parts: Sequence[str]) -> bool:
    for token, word in zip(tokens, parts, strict=False):
        if token == "*" or (token == word and MASK_LETTER not in word):
            continue
        if MASK_LETTER in word or not GLOB.search(token) or not fnmatchcase(word, token):
            return False
    return True


class VerbIndex:
    """The verbs of a tool by their first word: a tool has hundreds, and a document thousands of commands."""

    def __init__(self, verbs: Iterable[VerbPattern]) -> None:
        self._plain: dict[str, list[VerbPattern]] = {}
        self._later: dict[tuple[int, str], list[VerbPattern]] = {}  # those that begin with `*`, by a word behind it
        self._open: list[VerbPattern] = []  # those that are nothing but `*`, and the one without a word
        for pattern in verbs:
            if pattern.tokens and pattern.tokens[0] != "." and not GLOB.search(pattern.tokens[0]):
                self._plain.setdefault(pattern.tokens[0], []).append(pattern)
            elif plain := next(_list_plain(pattern), None):
                self._later.setdefault(plain, []).append(pattern)
            else:
                self._open.append(pattern)
        self._places = sorted({place for place, _ in self._later})
        globs: dict[tuple[int, str], list[VerbPattern]] = {}
        for pattern in self._open:
            if glob := next(((place, token) for place, token in enumerate(pattern.tokens) if token not in "*."), None):
                globs.setdefault(glob, []).append(pattern)
        self._open = [pattern for pattern in self._open if not any(token not in "*." for token in pattern.tokens)]
        self._globs: dict[int, list[tuple[re.Pattern[str], list[VerbPattern]]]] = {}
        for (place, token), patterns in globs.items():
            self._globs.setdefault(place, []).append((re.compile(translate(token)), patterns))
        tokens = {place: [token for at, token in globs if at == place] for place in self._globs}
        # Most words meet none of them, and are asked once.
        self._any_glob = {place: re.compile("|".join(map(translate, tokens[place]))) for place in tokens}

    def candidates(self, parts: Sequence[str]) -> list[VerbPattern]:
        """Those that may match these words."""
        found = list(self._plain.get(parts[0], ())) if parts else []
        for place in self._places:
            if place < len(parts) and (later := self._later.get((place, parts[place]))):
                found += later
        for place, any_glob in self._any_glob.items():
            if place < len(parts) and any_glob.match(parts[place]):
                for expression, patterns in self._globs[place]:
                    found += patterns if expression.match(parts[place]) else ()
        return [*found, *self._open]


def _list_plain(pattern: VerbPattern) -> Iterator[tuple[int, str]]:
    """The words of a pattern that match only themselves, with their places."""
    return ((place, token) for place, token in enumerate(pattern.tokens) if token != "." and not GLOB.search(token))


def load_tools() -> Mapping[str, CommandTool]:
    """Every tool that is known by each of its names: the package's own, and what the team's configuration says."""
    return _join_team_commands(tuple(sorted(TEAM_COMMANDS.items()))) if TEAM_COMMANDS else load_built_in_tools()


@lru_cache(maxsize=4)
def _join_team_commands(commands: Sequence[tuple[str, StepKind]]) -> Mapping[str, CommandTool]:
    """A command of the team takes the place of what was known of the same words; its flags are the team's affair."""
    tools = dict(load_built_in_tools())
    for words, kind in commands:
        parts = words.split()
        name = " ".join(parts[:2]) if " ".join(parts[:2]) in tools else parts[0]
        tokens = tuple(parts[len(name.split()) :])
        tool = tools.get(name) or CommandTool(name, (name,), any_flags=True)
        verbs = (VerbPattern(tokens or ("*",), kind), *(() if tokens else (VerbPattern((), kind),)))
        kept = (pattern for pattern in tool.verbs if pattern.tokens not in {verb.tokens for verb in verbs})
        tools[name] = replace(tool, names=(name,), verbs=(*kept, *verbs))
    return tools


class BuiltInTools(Mapping[str, CommandTool]):
    """The tools of the package's own data by each of their names. Names with `*` are found by `find_tool`.

    A file is parsed when a name is asked for that stands in it: one command asks for one or two tools, and to parse
    them all takes longer than to judge it.
    """

    def __init__(self) -> None:
        entries = sorted(files(__package__).joinpath("data").iterdir(), key=lambda item: item.name)
        self._unread = {
            entry.name: entry.read_text("utf-8")
            for entry in entries
            if entry.name.endswith(".toml") and entry.name not in NOT_TOOLS
        }
        self._order = list(self._unread)
        self._tools: dict[str, dict[str, CommandTool]] = {}
        self._asked: dict[str, CommandTool | None] = {}  # a document names the same few tools again and again

    def __getitem__(self, name: str) -> CommandTool:
        if name not in self._asked:
            self._read(name)
            tools = (self._tools[file][name] for file in reversed(self._order) if name in self._tools.get(file, ()))
            tool = next(tools, None)
            if len(self._asked) > MOST_NAMES_KEPT:
                self._asked.clear()
            self._asked[name] = tool
        else:
            tool = self._asked[name]
        if tool is None:
            raise KeyError(name)
        return tool

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def get(self, name: str, default: Any = None) -> Any:
        """As of any mapping, without an error raised for each word that is no tool."""
        if (tool := self._asked.get(name)) is not None:
            return tool
        if name in self._asked:
            return default
        try:
            return self[name]
        except KeyError:
            return default

    def __iter__(self) -> Iterator[str]:
        self._read()
        return iter(dict.fromkeys(name for file in self._order for name in self._tools[file]))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def _read(self, name: str = "") -> None:
        """Parse the files in which a name stands, or all."""
        quoted = f'"{name}"' if name else ""
        for file, text in [(file, text) for file, text in list(self._unread.items()) if quoted in text]:
            tools = read_tools(tomllib.loads(text))
            self._tools[file] = {name: tool for tool in tools for name in tool.names}
            self._unread.pop(file, None)  # only now: another thread that asks meanwhile parses it again, to the same


@cache
def load_built_in_tools() -> Mapping[str, CommandTool]:
    return BuiltInTools()


@cache
def load_danger_words() -> DangerWords:
    table = tomllib.loads(files(__package__).joinpath("data", "words.toml").read_text("utf-8"))
    return DangerWords(frozenset(table["danger"]), frozenset(table["looks"]), frozenset(table["acts"]))


@cache
def _load_word_lists() -> Mapping[str, Mapping[str, Sequence[str]]]:
    return tomllib.loads(files(__package__).joinpath("data", "languages.toml").read_text("utf-8"))


def load_word_list(tool: str, key: str) -> tuple[str, ...]:
    """The words under a key of `data/languages.toml`."""
    return tuple(_load_word_lists()[tool][key])


def read_tools(document: Mapping[str, Any]) -> Iterable[CommandTool]:
    """The tools of one data file."""
    return [_read_tool(title, table) for title, table in document.items()]


def _read_tool(title: str, table: Mapping[str, Any]) -> CommandTool:
    def strings(key: str) -> tuple[str, ...]:
        return tuple(table.get(key, ()))

    verbs = tuple(
        VerbPattern(tuple(pattern.split()), StepKind(kind))
        for kind, patterns in table.get("verbs", {}).items()
        for pattern in patterns
    )
    raises = tuple(
        RaiseRule(
            StepKind(rule["kind"]),
            tuple(rule.get("verbs", ())),
            tuple(rule.get("flags", ())),
            rule.get("more_than"),
            tuple(rule.get("but", ())),
            rule.get("lowers", False),
        )
        for rule in table.get("raise", ())
    )
    return CommandTool(
        title,
        strings("names"),
        verbs,
        raises,
        frozenset(strings("values")),
        frozenset(strings("two_values")),
        frozenset(strings("optional_values")),
        frozenset(strings("flags")),
        frozenset(strings("follow_flags")),
        strings("read_flags"),
        strings("change_flags"),
        any_flags=table.get("any_flags", False),
        number_flags=table.get("number_flags", False),
        long_style=table.get("style") == "long",
        path=table.get("path", False),
        ends_with_verb=table.get("ends_with_verb", False),
        verb_at=table.get("verb_at"),
        many_verbs=table.get("many_verbs", False),
        ignore_case=table.get("ignore_case", False),
        positional=table.get("positional", ""),
        scratch_paths=table.get("paths") == "scratch",
        default=StepKind(table.get("default", "change")),
    )


def find_tool(name: str, tools: Mapping[str, CommandTool]) -> CommandTool | None:
    tool = tools.get(name)
    if tool is None and "." in name:  # mkfs.ext4
        tool = tools.get(f"{name.partition('.')[0]}.*")
    return tool


def parse_arguments(tool: CommandTool, arguments: Sequence[str]) -> ParsedArguments:
    """Tell flags, their values and other words apart, as the tool would."""
    positionals: list[str] = []
    flags: list[tuple[str, str]] = []
    unknown: list[str] = []
    leading: int | None = None
    place = 0
    while place < len(arguments):
        word = arguments[place]
        place += 1
        if word == "--":
            positionals.extend(arguments[place:])
            break
        if len(word) < 2 or word[0] != "-":
            positionals.append(word)
            continue
        following = arguments[place] if place < len(arguments) else ""
        after_logs = bool(tool.follow_flags) and not {"logs", "log"}.isdisjoint(positionals[:2])
        taken, new_flags, new_unknown = _read_flag(tool, word, following, after_logs=after_logs)
        place += taken
        flags.extend(new_flags)
        if new_unknown:
            unknown.append(new_unknown)
            leading = len(positionals) if leading is None else leading
    end = len(positionals) if leading is None else leading
    names = frozenset(name for name, _ in flags)
    return ParsedArguments(tuple(positionals), tuple(positionals[:end]), tuple(flags), tuple(unknown), names)


def _read_flag(
    tool: CommandTool, word: str, following: str, *, after_logs: bool
) -> tuple[int, list[tuple[str, str]], str]:
    """(how many words behind it belong to it, the flags in it, the one that is not known)."""
    name, joined, value = word.partition("=")
    if word in tool.follow_flags and after_logs:
        return 0, [(word, "")], ""
    if name in tool.two_values:
        return 2, [(name, following)], ""
    if name in tool.optional_values:
        takes = not joined and following != "" and (following[0] != "-" or following[1:].isdigit())
        return int(takes), [(name, value or (following if takes else ""))], ""
    if name in tool.values:
        return (0, [(name, value)], "") if joined else (1, [(name, following)], "")
    if name in tool.flags:
        return 0, [(name, value)], ""
    if tool.number_flags and word[1:].isdigit():
        return 0, [], ""
    if word.startswith("--") or tool.long_style:
        return 0, [(name, value)], name
    pairs: list[tuple[str, str]] = []
    for index, letter in enumerate(word[1:], start=1):
        short, rest = f"-{letter}", word[index + 1 :]
        if short in tool.values and not (short in tool.follow_flags and after_logs):
            pairs.append((short, rest or following))
            return int(not rest), pairs, ""
        pairs.append((short, ""))
        if short not in tool.flags and short not in tool.follow_flags:
            return 0, [*pairs, (word, ""), *((f"-{other}", "") for other in rest)], word
    return 0, pairs, ""


def judge_tool(
    tool: CommandTool,
    arguments: Sequence[str],
    *,
    is_scratch: Callable[[str], bool],
    parsed: ParsedArguments | None = None,
) -> StepKind:
    """The kind of a tool with its words; `parsed` are these, where they were told apart already."""
    if parsed is None or tool.ignore_case:
        parsed = parse_arguments(tool, [word.lower() for word in arguments] if tool.ignore_case else arguments)
    kind, verb = _judge_path(tool, parsed) if tool.path else _judge_verb(tool, parsed)
    if tool.many_verbs:
        kind = max([kind, *(_judge_word(tool, word) for word in parsed.positionals[1:])], key=RANKS.__getitem__)
    if tool.change_flags and tool.change_specs.match(parsed):
        kind = StepKind.CHANGE
    only_look = bool(tool.read_flags) and tool.read_specs.match(parsed)
    if only_look and not _names_an_act(tool, parsed, kind):
        kind = StepKind.READ
    if kind in (StepKind.READ, StepKind.LOCAL) and parsed.unknown_flags and not tool.any_flags:
        kind = max(StepKind.CHANGE, tool.default, key=RANKS.__getitem__)
    if (
        kind is StepKind.READ
        and tool.positional
        and not all(re.search(tool.positional, word) for word in parsed.positionals)
    ):
        kind = StepKind.CHANGE
    if kind is StepKind.LOCAL and tool.scratch_paths and not all(map(is_scratch, parsed.positionals)):
        kind = StepKind.CHANGE
    for rule in tool.raises:
        if _rule_holds(rule, verb, parsed):
            kind = rule.kind if rule.lowers else max(kind, rule.kind, key=RANKS.__getitem__)
            if rule.kind is StepKind.LOCAL and not all(map(is_scratch, _list_values_of(rule, parsed))):
                kind = max(kind, StepKind.CHANGE, key=RANKS.__getitem__)
    return kind


def _names_an_act(tool: CommandTool, parsed: ParsedArguments, kind: StepKind) -> bool:
    """True where a word says what is done, so that no flag makes a look of it: `zfs destroy -p`, `ceph osd rm 1 -w`."""
    if kind in (StepKind.READ, StepKind.LOCAL) or not any(pattern.tokens for pattern in tool.verbs):
        return False
    named = any(pattern.kind is kind and pattern.plain and pattern.matches(parsed.leading) for pattern in tool.verbs)
    return named or any(names_danger(word) for word in parsed.positionals[:3])


def _list_values_of(rule: RaiseRule, parsed: ParsedArguments) -> list[str]:
    """The files that the flags of a rule name: what is written outside the person's own folders is a change."""
    return [
        value
        for flag, value in parsed.flags
        if "/" in value and any(fnmatchcase(flag, spec.partition("=")[0]) for spec in rule.flags)
    ]


def _judge_verb(tool: CommandTool, parsed: ParsedArguments) -> tuple[StepKind, tuple[str, ...]]:
    sole = len(tool.verbs) == 1 and not tool.verbs[0].tokens
    if sole:
        return tool.verbs[0].kind, parsed.leading
    matching = [
        pattern
        for pattern in tool.index.candidates(parsed.leading)
        if (pattern.matches(parsed.leading) if pattern.tokens else not parsed.positionals)
    ]
    if matching:
        return max(matching, key=attrgetter("weight")).kind, parsed.leading
    return worst_of_words(parsed.positionals[:3], tool.default), parsed.leading


def _judge_path(tool: CommandTool, parsed: ParsedArguments) -> tuple[StepKind, tuple[str, ...]]:
    """Groups and a verb: every verb among the words counts, a longer pattern before the shorter ones in it."""
    parts = parsed.leading
    if not parts:
        empty = next((pattern.kind for pattern in tool.verbs if not pattern.tokens), tool.default)
        return (empty if not parsed.positionals else tool.default), parts
    places = range(len(parts)) if tool.verb_at is None else range(min(len(parts), tool.verb_at + 1))
    matches = [
        (len(pattern.tokens), start, pattern.kind)
        for start in places
        for pattern in tool.index.candidates(parts[start:])
        if pattern.tokens and pattern.matches(parts[start:]) and _may_stand_at(pattern, start)
    ]
    taken: set[int] = set()
    kinds: list[StepKind] = []
    for length, start, kind in sorted(matches, key=lambda match: (-match[0], -RANKS[match[2]])):
        if taken.isdisjoint(range(start, start + length)):
            taken.update(range(start, start + length))
            kinds.append(kind)
    ended = len(parts) - 1 in taken or not tool.ends_with_verb
    if kinds:
        worst = max(kinds, key=RANKS.__getitem__)
        if ended or worst in (StepKind.CHANGE, StepKind.DANGER):
            return worst, parts
    return worst_of_words(parts[-1:], tool.default), parts


def _judge_word(tool: CommandTool, word: str) -> StepKind:
    """What a word means that may be a further verb: one that no pattern knows is none of the harmless ones."""
    kinds = [
        pattern.kind
        for pattern in tool.verbs
        if any(_match_all((token,), (word,)) for token in pattern.tokens if token not in ("*", "."))
    ]
    return max(kinds, key=RANKS.__getitem__) if kinds else worst_of_words([word], tool.default)


def _may_stand_at(pattern: VerbPattern, start: int) -> bool:
    """What touches only one's own machine is one command: `az upgrade`, and not `az aks upgrade`."""
    return start == 0 or pattern.kind is not StepKind.LOCAL or pattern.tokens[0] == "*"


def _rule_holds(rule: RaiseRule, verb: Sequence[str], parsed: ParsedArguments) -> bool:
    if rule.more_than is not None:
        if len(parsed.positionals) <= rule.more_than:
            return False
    elif rule.flags and not rule.specs.match(parsed):
        return False  # most commands have none of its flags
    if rule.verbs and not _is_one_of(rule.verbs, verb):
        return False
    return not (rule.but and _is_one_of(rule.but, verb))


def _is_one_of(patterns: tuple[str, ...], verb: Sequence[str]) -> bool:
    """Whether some words of a command are the verb of one of these patterns."""
    parts = set(verb)
    for verb_pattern in _make_verb_patterns(patterns):
        if parts.issuperset(verb_pattern.plain):
            for start in range(len(verb) - len(verb_pattern.tokens) + 1):
                if verb_pattern.matches(verb[start:]):
                    return True
    return False


@cache
def _make_verb_patterns(patterns: tuple[str, ...]) -> tuple[VerbPattern, ...]:
    return tuple(VerbPattern(tuple(pattern.split()), StepKind.READ) for pattern in patterns)


def meets_flag(spec: str, parsed: ParsedArguments) -> bool:
    """`--flag`, `--fl*`, `--flag=value`; `*=0` is also met by a word such as web=0."""
    if spec.startswith("*"):
        return any(fnmatchcase(word, spec) for word in parsed.positionals) or any(
            fnmatchcase(f"{name}={value}", spec) for name, value in parsed.flags
        )
    name, joined, _ = spec.partition("=")
    for flag, value in parsed.flags:
        if joined and (fnmatchcase(f"{flag}={value}", spec)):
            return True
        if not joined and fnmatchcase(flag, spec):
            return True
        abbreviated = flag.startswith("--") and len(flag) >= SHORTEST_ABBREVIATION and flag in parsed.unknown_flags
        if abbreviated and not joined and name.rstrip("*").startswith(flag):
            return True
    return False


def worst_of_words(parts: Iterable[str], default: StepKind) -> StepKind:
    """A change or worse: words that name destruction make it a danger."""
    return StepKind.DANGER if any(names_danger(word) for word in parts) else default


JOINTS = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])")


def names_danger(word: str) -> bool:
    """True when one of the danger words stands in it between joints: `db:reset`, `delete-all`, `cleanup.sh`."""
    parts = JOINTS.split(word)
    return not load_danger_words().danger.isdisjoint(part.casefold() for part in parts)
