# ruff: noqa: E501  tables and expressions read better whole
"""Ways that are told by where or with what they are taken: "For staging:", "Linux:", "With Helm:", "If it is down:".

A person takes the one that fits; done one after the other, what is meant for production would follow what is meant for
staging. Letters ("a) ... b) ...") are ways or a sequence: what the items say decides, and where they do not, the steps
wait for a person. Pure.
"""

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from cockpit.model.runbook import ENVIRONMENT_WORDS, StepKind, Way
from cockpit.model.text import clean_line
from cockpit.runbooks.document.choices import CONDITION, falls_back
from cockpit.runbooks.document.labels import strip_markdown
from cockpit.runbooks.document.mentions import begins_with_imperative
from cockpit.runbooks.document.steps import UnnumberedStep

_FAMILIES = {
    "environment": " ".join(ENVIRONMENT_WORDS),
    "system": (
        "linux macos mac osx darwin windows unix wsl wsl2 debian ubuntu mint rhel redhat centos fedora rocky alma almalinux"
        " amazonlinux alpine arch suse opensuse sles freebsd openbsd apt apt-get yum dnf apk pacman zypper brew homebrew"
        " choco chocolatey winget scoop snap"
    ),
    "platform": (
        "docker compose docker-compose swarm podman kubernetes k8s k3s openshift nomad ecs eks gke aks fargate lambda"
        " systemd baremetal vm vms aws gcp azure onprem on-premises on-premise cloud self-hosted selfhosted managed saas"
        " heroku minikube rancher mesos vmware proxmox"
    ),
    "tool": (
        "helm kubectl kustomize argocd argo flux terraform opentofu ansible pulumi puppet chef oc skaffold"
        " cli ui gui portal console dashboard api sdk powershell bash curl wget httpie npm yarn pnpm bun pip pipx"
        " poetry uv conda gradle maven systemctl supervisor supervisord pm2 upstart"
    ),
    "store": (
        "postgres postgresql mysql mariadb mongodb mongo redis valkey memcached sqlite mssql oracle cassandra"
        " elasticsearch opensearch kafka rabbitmq s3 gcs minio"
    ),
    "topology": "standalone clustered cluster ha sharded replicated primary-only",
    "region": "eu us uk apac emea latam",
    "answer": "yes no ja nein true false",
}
_FAMILY_OF = {word: family for family, words in _FAMILIES.items() for word in words.split()}
_TWO_WORDS = {
    "bare metal": "baremetal", "red hat": "redhat", "amazon linux": "amazonlinux", "docker compose": "docker-compose",
    "docker swarm": "swarm", "mac os": "macos", "os x": "osx", "argo cd": "argocd", "on prem": "onprem",
    "on premises": "on-premises", "pre production": "preproduction", "pre-production": "preproduction",
    "pre prod": "preprod", "pre-prod": "preprod", "non production": "nonproduction", "non-production": "nonproduction",
    "non prod": "nonprod", "non-prod": "nonprod", "azure portal": "portal", "aws console": "console",
    "command line": "cli", "git bash": "bash", "rest api": "api", "rocky linux": "rocky", "arch linux": "arch",
    "alpine linux": "alpine", "sql server": "mssql", "user acceptance": "acceptance", "oracle linux": "oracle",
    "single node": "standalone", "single-node": "standalone", "single instance": "standalone", "multi node": "clustered",
    "multi-node": "clustered", "high availability": "ha", "replica set": "replicated",
}  # fmt: skip
_NAME_PARTS = [tuple(re.findall(r"[^\W_]+", name)) for name in (*_FAMILY_OF, *_TWO_WORDS)]
_SINGLE_PARTS = frozenset(parts[0] for parts in _NAME_PARTS if len(parts) == 1)
_DOUBLE_PARTS = frozenset(parts[:2] for parts in _NAME_PARTS if len(parts) > 1)
_FIGURE = re.compile(r"\d")  # of a version
_DIRECTIONS = ("north", "south", "east", "west", "central")  # of a region
_REGION = re.compile(
    r"(?:[a-z]{2}(?:-gov)?-(?:north|south|east|west|central)+-\d|(?:north|south|east|west|central)+(?:europe|us|india|asia)\d?)[a-z]?"
)
_FRAME = re.compile(
    r"""(?ix) (?: (?:if|when|where)\s+(?:you|we|it|this|that|your\s+\w+|the\s+\w+)(?:['’]re|['’]s|\s+(?:are|is|was))?\s+
        (?:(?:run|runs|running|deploy|deployed|deploying|use|uses|using|have|installed|hosted|managed)\s+)?
      | (?:for|in|on|at|if|when|with|using|via|through|use|under|inside|against|deployed|running|hosted|your|our|the|an?
        |für|auf|mit|bei|unter|pour|avec|sur|sous|para|con|en|der|die|das
        |environment|env|cluster|platform|os)\s+ )*"""
)
_MAY_BE_A_FRAME = re.compile(r"(?i)\W*(?:for|in|on|if|when|with|using|via|through|use)\b")
_CONDITIONAL = re.compile(r"(?i)\W*(?:if|when|where)\b")
_TAIL = re.compile(
    r"""(?ix) (?:\s+(?:environments?|envs?|clusters?|users?|only|hosts?|servers?|systems?|deployments?|installations?|installs?
    |setups?|instances?|versions?|variants?|machines?|workstations?|accounts?|subscriptions?|namespaces?|based|distros?|stack
    |distributions?|derivatives?|family|commands?|way|steps?|instructions?|databases?|db|web|system|tool|linux|server|os|x
    |method|approach|route|or\s+(?:later|newer|older|earlier|above|below)|and\s+(?:later|newer|older|earlier|above|below)
    |\d+(?:\.\d+)*\+?))+$"""
)
_BETWEEN = re.compile(r"(?i)\s*(?:[/,&|+]|\b(?:and|or|und|oder)\b)\s*")
_VERSION = re.compile(
    r"""(?ix) (?:(?:versions?|releases?)\s+ | v | (?:before|after|since|from|older\s+than|newer\s+than|up\s+to|below|above)\s+v?
    | (?:[a-z][\w-]+\s+) (?=v?\d) | (?:<|>|<=|>=|≤|≥)\s*v?) (?:\d+(?:\.(?:\d+|x))*) (?:\s*(?:\+|[-–]\s*v?\d+(?:\.(?:\d+|x))*))?
    (?:\s+(?:and|or)\s+(?:later|newer|older|earlier|above|below|up|higher))?"""
)
_LETTER = re.compile(
    r"^[\s*_]*(?:(?:step|part)\s+)?(?:\((?P<round>[a-h]|[A-H]|i{1,3}|iv)\)|(?P<bare>[a-h]|[A-H]|i{1,3}|iv)(?:\)|[.:](?=[\s*_]|$)))[\s*_:.]*"
)
LETTERED_LINE = re.compile(r"[\s*_]*(?:\([a-hA-H]\)|[a-hA-H][).])[\s*_]+(?=\S)")  # an item that has a letter
_ROMANS = ["i", "ii", "iii", "iv"]
_MEANS = re.compile(r"(?i)(?:with|using|via|through|by\s+means\s+of)\s+\S[^.:]{0,60}")
_END_OF_HEAD = re.compile(r"[:→,\s](?:(?<=:)(?=\s|$)|(?<=→)|(?<=,)\s|(?<=\s)[-—–]\s)")
_LONGEST_HEAD = 90  # letters
_REMARK = re.compile(r"\s*\([^()]{0,60}\)\s*$")
_FOR_WHAT = re.compile(r"(?i)\W*(?:for|on|at|in|with|when)\s+\S")
# "For all other node groups:" beside "For the manager cluster:": what is no other is the one.
_THE_REST = re.compile(
    r"(?i)\b(?:all|any|every|the|each|for|on|in)\s+others?\b|\b(?:everything|anything|everyone)\s+else\b|\bthe\s+(?:rest|remaining)\b"
)
# "On the primary:", "For the worker:": what the commands are for, and whether both are done nobody says.
_TARGET = re.compile(
    r"""(?ix)^\W*(?:for|on|at|in)\s+(?:(?:the|your|our)\s+)?
    (?!(?:a|an|any|all|both|each|every|some|most|this|that|these|those|it|them|other|others|another|the|your|our|my|more|further|full|details?
      |example|instance|now|reference|information|info|addition|general|summary|short|case|order|particular|detail|practice|theory|success|failure|error|completion
      |first|last|next|same|left|right|top|bottom|following|above|below|later|output|results?|end|beginning|start|moment|time|contrary|side|hand|page|screen|tab|menu)\b)
    [\w./-]+(?:\s+[\w./-]+){0,3}(?:\s*\([^()]{1,40}\))?\W*$"""
)
_ACT_AT = re.compile(
    r"(?i)^(?P<act>[a-z][^.:`]{2,60}?)\s*(?:\((?P<round>[^()]{2,40})\)|\s(?:on|in|for|with|using|via|to|through)\s+(?P<at>[^.:]{2,40}))$"
)
_ELSE = re.compile(r"(?i)\W*(?:else|otherwise|if\s+not|sonst|ansonsten)\b")
_RUN_IT = re.compile(r"(?i),\s*(?:then\s+)?(?:please\s+)?(?:you\s+can\s+)?(?:run|use|execute|do|try|issue)\b.*$")
_OF_THE_SAME = re.compile(
    r"(?i)^\W*(?:else|otherwise|sonst|ansonsten)\b|^\W*(?:if|in\s+case|falls|wenn)\s+(?:not|it|they|this|that|there\s+(?:is|are)\s+no|no|none|neither|nicht)\b"
)
_SMALL = "if in case falls wenn the a an is are was of on to not no and or"
_SMALL_WORDS = frozenset(_SMALL.split())
_IN_TURN = re.compile(
    r"""(?ix) \b(?:in\s+(?:this|that|the\s+following|the\s+given|exactly\s+this)\s+(?:order|sequence)|in\s+turn|one\s+after\s+(?:the\s+other|another)
    |sequentially|step\s+by\s+step|in\s+order(?=\s*[:.])|first\b[^.]{1,60}\bthen|followed\s+by|der\s+reihe\s+nach|nacheinander
    |(?:(?:on|in|for|to)\s+)?(?:both|all|each|every\s+one)\s+(?:of\s+)?(?:the\s+)?(?:following\s+)?(?:steps|environments|clusters|systems|sites|regions|of\s+them|in\s+turn)
    |do\s+(?:all|both)|all\s+of\s+the\s+following|(?:these|the\s+following|following)\s+steps|do\s+the\s+following)\b"""
)
_OFFERS = re.compile(
    r"""(?ix) \b(?:either|depending\s+on|depends\s+on|choose|pick|select|whichever|one\s+of|ways?\s+to|ways|options?|alternatives?
    |possibilit(?:y|ies)|methods|approaches|je\s+nach|entweder|according\s+to|based\s+on|that\s+(?:fits|applies|matches))\b"""
)
_SEQUEL = re.compile(
    r"(?i)^\W*(?:and\s+)?(?:then|next|after(?:wards?|\s+(?:that|this))?|finally|lastly|now|wait|once|second(?:ly)?|third(?:ly)?|last"
    r"|first(?:ly)?|verify|check|confirm|repeat|continue)\b"
)
_OR = re.compile(r"(?i)^\W*(?:or|alternatively|oder|instead|otherwise)\b|[\s,;](?:or|oder)\W*$")
# What is taken down and brought back: in this order a sequence, the other way round an act and its opposite.
_BROUGHT_BACK = {
    "stop": "start run restart resume", "disable": "enable", "cordon": "uncordon drain", "drain": "uncordon upgrade patch",
    "pause": "resume unpause", "suspend": "resume", "lock": "unlock", "down": "up", "detach": "attach",
    "unmount": "mount", "mask": "unmask", "remove": "add recreate", "delete": "create recreate apply", "drop": "create restore",
    "uninstall": "install reinstall", "freeze": "unfreeze", "close": "open", "block": "unblock", "back": "migrate restore",
    "backup": "migrate restore delete upgrade", "dump": "restore import migrate", "export": "import", "download": "install unpack",
    "build": "push deploy run", "push": "deploy", "pull": "restart start up run", "commit": "push", "tag": "push",
    "edit": "apply restart reload", "change": "restart reload apply", "update": "restart reload", "set": "restart reload",
    "copy": "restart import load", "snapshot": "delete upgrade restore", "scale": "scale", "save": "load restart", "clone": "build install",
    "login": "push pull deploy", "log": "run deploy", "create": "attach use apply grant", "kill": "start restart",
    "revoke": "issue create rotate", "fail": "fail repair", "promote": "repoint update restart switch", "plan": "apply",
}  # fmt: skip
_LOOKS = (StepKind.READ, StepKind.VERIFY, StepKind.LOCAL)
_FIRST_WORD = re.compile(r"[^\W_]+")
_FRAMES = (
    "for in on at if when with using via through use under inside against falls wenn by your our the version versions"
    " für auf mit bei unter pour avec sur sous para con en single multi high replica else otherwise sonst ansonsten"
    " north south east west central"
    " release releases before since from older newer up below above"
)
_MAY_BEGIN = (
    frozenset(_FRAMES.split())
    | {*"abcdefgh"}
    | frozenset(word.split("-")[0] for word in (*_FAMILY_OF, *" ".join(_TWO_WORDS).split()))
)
# How a label begins that has no word of a family: a letter, a condition.
_BEGINNINGS = frozenset((*"abcdefgh", *_ROMANS, "step", "part", "else", "otherwise", "if", "sonst", "ansonsten"))
# Behind these something must follow, and the words must be a label by a colon, by being bold or by their place.
_BEGINNINGS_OF_LABELS = frozenset(("for", "on", "at", "in", "with", "when", "using", "via", "through", "by"))
_PLACES = frozenset(ENVIRONMENT_WORDS)
# Looked for first: none of them holds another, and every place holds one.
_SIGNS_OF_PLACES = tuple(place for place in _PLACES if not any(other in place for other in _PLACES - {place}))
_SIGNS = " *_→►▶•·✅❌⚠️🟢🔴🟡🔵🟠⚪⚫🐧🍎🐳-–—"  # what decorates a label
ROW, TITLE_OF_BLOCK = -2, -3  # depths of labels: of a row of a table, and behind the language of a block
MOST_BLANK_LINES = 2  # between words and the block that they are about
LONGEST_LABEL = 160  # letters


@dataclass(frozen=True, slots=True)
class WayLabel:
    """Words that may name a way, where they stand. `end` is the line behind what they are about, 0 where only what
    follows tells; `depth` is that of the lists around it, -1 of a comment, `ROW`, `TITLE_OF_BLOCK`, less of a heading; `numbered` says that it is counted."""

    line: int
    markdown: str
    depth: int = 0
    end: int = 0
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class _NamedWay:
    """A label, read: what tells it from its neighbours, and by which `key` they belong together."""

    label: WayLabel
    key: tuple[str, ...]
    name: str
    bare: bool = False  # nothing but a name, as "Helm:": it may as well be what is looked after
    is_place: bool = False  # the name of an environment, a system, a platform, a version


def may_name_a_way(markdown: str) -> bool:
    """False for most texts: what begins with no word that a way begins with. Asked first, as it costs little."""
    first = _FIRST_WORD.search(markdown, 0, 40)
    if first is None or len(markdown) > LONGEST_LABEL * 3:
        return False
    word = first[0].casefold()
    if word in _MAY_BEGIN or (word[:1] == "v" and word[1:].isdigit()) or word in _ROMANS:
        return True
    short = markdown[:LONGEST_LABEL].casefold()  # "Restart it (staging):" is an act, and where it is done
    for sign in _SIGNS_OF_PLACES:
        if sign in short:
            return not _PLACES.isdisjoint(_FIRST_WORD.findall(short))
    return False


def _make_head(plain: str) -> str:
    """The words before a colon or a dash; all of a text that has none. `plain` is a line without its Markdown."""
    text = plain.strip(" *_:")
    text = text.lstrip(_SIGNS)
    end = _END_OF_HEAD.search(text, 1)
    head = text[: end.start()].rstrip() if end else ""
    return (head if head and len(head) <= _LONGEST_HEAD else text).strip(" *_")


def _may_have_family(small: str) -> bool:
    """False for a text without a word of any family, a figure, or a direction: asked first, as it costs little."""
    parts = _FIRST_WORD.findall(small)
    if not _SINGLE_PARTS.isdisjoint(parts) or _FIGURE.search(small):
        return True
    for direction in _DIRECTIONS:
        if direction in small:
            return True
    return not _DOUBLE_PARTS.isdisjoint(pairwise(parts))


def _find_family(text: str) -> str:
    """What all of these names are: "Debian/Ubuntu" systems, "staging" an environment, "v2" a version; "" for others."""
    small = text.casefold()
    if not _may_have_family(small):
        return ""
    bare = _REMARK.sub("", small).strip(" .:*_`\"'")
    frame = _FRAME.match(bare)
    core = bare[frame.end() :] if frame else bare
    core = core if core in _FAMILY_OF or core in _TWO_WORDS else _TAIL.sub("", core)
    if _REGION.fullmatch(core):
        return "region"
    families = set()
    for name in _BETWEEN.split(core):
        short = name if name in _FAMILY_OF or name in _TWO_WORDS else _TAIL.sub("", name)
        families.add(_FAMILY_OF.get(_TWO_WORDS.get(short, short), ""))
    if families == {"platform", "tool"}:
        return "tool"
    if families == {""} and (_VERSION.fullmatch(core) or _VERSION.fullmatch(bare)):
        return "version"
    return families.pop() if len(families) == 1 else ""


def _may_be_read(label: WayLabel) -> bool:
    """False for most texts that begin as a way does: a sentence of which `_read_label` would make nothing."""
    plain = strip_markdown(label.markdown).casefold().replace("\n", " ").replace("\t", " ")
    first = _FIRST_WORD.search(plain)
    word = first[0] if first else ""
    if word in _BEGINNINGS or CONDITION.match(plain):
        return True
    head = _make_head(plain)
    alone = ":" in plain or label.markdown.lstrip().startswith("**") or label.depth < 0
    return (alone and word in _BEGINNINGS_OF_LABELS and " " in head) or _may_have_family(head)


def _read_label(label: WayLabel) -> _NamedWay | None:
    if not _may_be_read(label):
        return None
    text = clean_line(strip_markdown(label.markdown)).strip()
    if letter := _LETTER.match(text):
        mark = letter["round"] or letter["bare"]
        return _NamedWay(
            label,
            ("letter", mark),
            clean_line(f"{letter.group().strip(' *_')} {_make_head(strip_markdown(text[letter.end() :]))}"),
        )
    head = _make_head(text)
    if len(head) > LONGEST_LABEL:
        return None
    if family := _find_family(head):
        if _CONDITIONAL.match(head) and family != "environment":
            return _NamedWay(label, ("condition",), head, is_place=True)
        is_title = label.depth == TITLE_OF_BLOCK
        bare = not is_title and (family == "store" or (family == "tool" and _MAY_BE_A_FRAME.match(head) is None))
        return _NamedWay(label, ("means" if family in ("platform", "tool") else family,), head, bare, is_place=True)
    if _ELSE.match(text) or (CONDITION.match(text) and not falls_back(label.markdown)):
        return _NamedWay(
            label, ("condition",), clean_line(_RUN_IT.sub("", text.split(": ")[0]).rstrip(" :,"), LONGEST_LABEL)
        )
    alone = text.endswith(":") or f"{head}:" in text or label.markdown.strip().startswith("**") or label.depth < 0
    if alone and _MEANS.fullmatch(head) and len(head.split()) <= 6:
        return _NamedWay(label, ("means",), head)
    if alone and _FOR_WHAT.match(head):
        return _NamedWay(label, ("rest", head.split()[0].casefold()), head)
    act = _ACT_AT.match(head)
    if act and not label.numbered and (family := _find_family(act["round"] or act["at"])):
        return _NamedWay(label, ("act", family, act["act"].casefold()), head)
    return None


@dataclass(frozen=True, slots=True)
class FoundWays:
    """The way of each step, by its place, and whether the ways are all that there is: then it is a menu."""

    by_step: Mapping[int, Way]
    is_menu: bool = False
    is_row: bool = False  # letters count what is done in turn


NO_WAYS = FoundWays({})


def find_ways(
    labels: Sequence[WayLabel],
    blocks: Sequence[range],
    steps: Sequence[UnnumberedStep],
    prose: Iterable[str],
    headings: Sequence[int] = (),
) -> FoundWays:
    """The ways among the steps of one procedure. `blocks` are the lines of its fences, `prose` what stands around
    them, `headings` the lines of headings, beyond which no way goes."""
    comments = _list_comments(steps, blocks)
    if comments:
        announced = {clean_line(strip_markdown(label.markdown)).rstrip(" :") for label in labels}
        comments = [label for label in comments if label.markdown.rstrip(" :") not in announced]
    labels = sorted({label.line: label for label in (*comments, *labels)}.values(), key=_by_line)
    named = [way for way in map(_read_label, labels) if way is not None]
    if not named:
        return NO_WAYS
    groups = _group(named, headings)
    if not groups:
        return NO_WAYS
    texts = [strip_markdown(text) for text in prose]
    ways: dict[int, Way] = {}
    choices = 0
    nested = is_row = False
    for group in groups:
        extents = _find_extents(group, blocks, steps, headings)
        members = [
            (way, [index for index in extent if steps[index].command])
            for way, extent in zip(group, extents, strict=True)
        ]
        if sum(bool(commands) for _, commands in members) < (1 if _is_sole_condition(group) else 2):
            continue
        made = _judge(group, [[steps[index] for index in extent] for extent in extents], texts)
        if made is None:
            is_row = is_row or group[0].key[0] == "letter"
            continue
        if any(index in ways for extent in extents for index in extent):
            nested = True  # a choice within a way: whoever takes it chooses again
            continue
        choices += len(made) > 1
        for way, extent in zip(made, extents, strict=True):
            ways |= dict.fromkeys(extent, way)
    outside = [step for index, step in enumerate(steps) if step.kind is not StepKind.NOTE and index not in ways]
    return FoundWays(ways, bool(ways) and (nested or (not outside and choices == 1)), is_row)


def _by_line(label: WayLabel) -> int:
    return label.line


def _list_comments(steps: Sequence[UnnumberedStep], blocks: Sequence[range]) -> list[WayLabel]:
    """The comments that name commands in a block: each is about its command and those right below it."""
    labels = []
    for index, step in enumerate(steps):
        block = _block_of(step, blocks)
        if block is None or not step.command or not step.title or not may_name_a_way(step.title):
            continue
        following = next((later for later in steps[index + 1 :] if later.title or later.line not in block), None)
        end = min(following.line, block.stop) if following else block.stop
        labels.append(WayLabel(step.line, step.title, -1, end))
    return labels


def _block_of(step: UnnumberedStep, blocks: Sequence[range]) -> range | None:
    return next((block for block in blocks if step.line in block), None)


def _take_for_targets(named: Sequence[_NamedWay]) -> list[_NamedWay]:
    """A name that no other one of its family stands beside is a target as any other: "For the API", "For the worker"."""
    counts = Counter((way.key, way.label.depth) for way in named)
    return [
        replace(way, key=("rest", _FIRST_WORD.findall(way.name.casefold())[0]))
        if way.is_place and counts[way.key, way.label.depth] == 1 and _TARGET.match(way.name)
        else way
        for way in named
    ]


def _group(named: Sequence[_NamedWay], headings: Sequence[int]) -> list[list[_NamedWay]]:
    """Labels that stand side by side: of one family and depth. Ways that come again are the same choice once more."""
    named = _take_for_targets(named)
    groups: dict[tuple[object, ...], list[list[_NamedWay]]] = {}
    for way in named:
        kind = way.key[0]
        part = (
            bisect(headings, way.label.line)
            if kind in ("letter", "condition", "means", "rest") and way.label.depth >= -1
            else 0
        )
        depth = 0 if kind == "rest" else way.label.depth
        row = groups.setdefault((depth, part, *(way.key[:1] if kind == "letter" else way.key)), [])
        if kind == "letter":
            mark, case = way.key[1].casefold(), way.key[1].isupper()
            if row and _follows(row[-1], mark, case):
                row[-1].append(way)
            elif mark in ("a", "i"):
                row.append([way])
        elif row:
            row[-1].append(way)
        else:
            row.append([way])
    found = [
        group
        for rows in groups.values()
        for group in map(_keep_targets, rows)
        if (len({way.name.casefold() for way in group}) > 1 or _is_sole_condition(group))
        and (group[0].key[0] != "rest" or _names_the_rest(group) or _are_targets(group))
    ]
    return sorted(found, key=lambda group: group[0].label.line)


def _names_the_rest(group: Sequence[_NamedWay]) -> bool:
    return any(_THE_REST.search(way.name) for way in group[1:])


def _keep_targets(group: list[_NamedWay]) -> list[_NamedWay]:
    """Without what "For ..." begins beside targets: "For more information". All of it where too few are targets."""
    if group[0].key[0] != "rest" or _names_the_rest(group):
        return group
    targets = [way for way in group if _TARGET.match(way.name)]
    return targets if len(targets) > 1 else group


def _are_targets(group: Sequence[_NamedWay]) -> bool:
    """True for labels that tell what commands are for, "On the primary:", and neither count them nor come back to one."""
    if any(way.label.numbered or not _TARGET.match(way.name) for way in group):
        return False
    names = [way.name.casefold() for way in group]
    last_words = {_FIRST_WORD.findall(name)[-1] for name in names}
    alike = group[0].key[1] != "in" or len(last_words) == 1  # "In the shell:", "In the browser:" are where one does it
    return alike and len(names) == len(set(names))


def _is_sole_condition(group: Sequence[_NamedWay]) -> bool:
    return group[0].key[0] == "condition" and not _ELSE.match(group[0].name)


def _follows(row: Sequence[_NamedWay], mark: str, is_capital: bool) -> bool:
    before = row[-1].key[1]
    if before.isupper() is not is_capital:
        return False
    before = before.casefold()
    if before in _ROMANS and mark in _ROMANS and row[0].key[1].casefold() == "i":
        return _ROMANS.index(mark) == _ROMANS.index(before) + 1
    return len(mark) == len(before) == 1 and ord(mark) == ord(before) + 1


def _find_extents(
    group: Sequence[_NamedWay], blocks: Sequence[range], steps: Sequence[UnnumberedStep], headings: Sequence[int]
) -> list[list[int]]:
    """The places of the steps of each way. Where only what follows tells how far one goes, up to the next; the last
    one of a row takes as many blocks as the longest before it, and none goes beyond a heading."""
    extents: list[list[int]] = []
    most = 1
    met: set[str] = set()
    for way, following in pairwise([*group, None]):
        assert way is not None
        label = way.label
        if way.name.casefold() in met:  # they come again: the same choice at another place
            met, most = set(), 1
        met.add(way.name.casefold())
        end = min(label.end, following.label.line) if following is not None else label.end  # it may be moved in too far
        inside = [index for index, step in enumerate(steps) if label.line <= step.line < end]
        if any(steps[index].command for index in inside):
            extents.append(inside)
            continue
        is_label = label.end == 0 and label.markdown.rstrip(" *_").endswith(":")
        if way.key[0] == "condition" and not is_label and not _has_block_below(label, blocks):
            extents.append([])  # what it is about is done by a person, and the blocks further below are not
            continue
        limit = min((line for line in headings if line > label.line), default=0)
        is_last = following is None or following.name.casefold() in met or way.key[0] == "condition"
        is_last = is_last or (following is not None and 0 < limit <= following.label.line)
        limits = [line for line in (limit, following.label.line if following else 0) if line]
        below = [
            index for index, step in enumerate(steps) if label.line <= step.line < min(limits, default=step.line + 1)
        ]
        if is_last:
            extents.append(_take_blocks(below, 1 if way.key[0] == "condition" else most, blocks, steps))
            continue
        extents.append(below)
        most = max(most, len({_name_block(steps[index], blocks) for index in below if steps[index].command}))
    return extents


def _has_block_below(label: WayLabel, blocks: Sequence[range]) -> bool:
    """Whether a block begins right below the words of a label."""
    behind = label.end or label.line + label.markdown.count("\n") + 1
    return any(label.line < block.start <= behind + MOST_BLANK_LINES for block in blocks)


def _name_block(step: UnnumberedStep, blocks: Sequence[range]) -> int:
    """The line of the block that a command stands in, its own where it is in none."""
    block = _block_of(step, blocks)
    return block.start if block is not None else step.line


def _take_blocks(
    places: Sequence[int], count: int, blocks: Sequence[range], steps: Sequence[UnnumberedStep]
) -> list[int]:
    """The first places, up to the end of so many blocks with commands."""
    taken: list[int] = []
    met: set[int] = set()
    for index in places:
        if steps[index].command:
            block = _name_block(steps[index], blocks)
            if block not in met and len(met) == count:
                break
            met.add(block)
        taken.append(index)
    while taken and not steps[taken[-1]].command:
        taken.pop()
    return taken


def _judge(
    group: Sequence[_NamedWay], steps: Sequence[Sequence[UnnumberedStep]], prose: Sequence[str]
) -> list[Way] | None:
    """The ways that these labels name, None where they are a sequence."""
    kind = group[0].key[0]
    commands = [step for part in steps for step in part if step.command]
    in_turn = any(map(_IN_TURN.search, prose)) or any(_SEQUEL.match(_LETTER.sub("", way.name)) for way in group)
    offers = any(map(_OFFERS.search, prose)) or any(_OR.search(way.label.markdown) for way in group)
    unclear = False
    if kind == "letter":
        names = [_LETTER.sub("", way.name) for way in group]
        conditions = any(CONDITION.match(name) or _find_family(name) or _MEANS.fullmatch(name) for name in names)
        if not offers and not conditions:
            if in_turn or _is_a_row(names, commands):
                return None
            unclear = True
    elif kind in ("environment", "act", "region"):
        if in_turn and not offers:
            return None
        unclear = kind in ("act", "region") or (group[0].label.numbered and not offers)
    elif in_turn and not offers and kind != "condition":
        return None
    elif kind == "rest":
        unclear = not offers and not _names_the_rest(group)
    elif kind in ("means", "store") and not offers:
        unclear = all(way.bare for way in group)
    if (unclear or len(group) == 1) and all(step.kind in _LOOKS for step in commands):
        return None  # looks harm nobody in any order
    excludes = (
        not unclear
        and len(group) > 1
        and (
            kind != "condition"
            or all(way.is_place for way in group)
            or all(_are_of_the_same(before.name, way.name) for before, way in pairwise(group))
        )
    )
    first = group[0].label.line
    numbers: dict[str, int] = {}
    for way in group:
        numbers.setdefault(way.name.casefold(), len(numbers) + 1)
    return [
        Way(first, numbers[way.name.casefold()], clean_line(way.name, LONGEST_LABEL), excludes, unclear)
        for way in group
    ]


def _are_of_the_same(before: str, condition: str) -> bool:
    """True for two conditions of one thing, of which one holds: "If the primary is up", "If it is down"."""
    words, others = ({*_FIRST_WORD.findall(text.casefold())} - _SMALL_WORDS for text in (before, condition))
    return _OF_THE_SAME.match(condition) is not None or 2 * len(words & others) >= max(1, min(len(words), len(others)))


def _is_a_row(texts: Sequence[str], commands: Sequence[UnnumberedStep]) -> bool:
    """True for items that follow each other: one looks and one acts, what is stopped is started again, or a later one
    goes on from an earlier one."""
    if len({step.kind in _LOOKS for step in commands}) > 1:
        return True
    if any(_SEQUEL.match(text) for text in texts[1:]):
        return True
    verbs = [_list_verbs(text) for text in texts]
    for before, after in pairwise(verbs):
        for verb in before:
            if after & set(_BROUGHT_BACK.get(verb, "").split()):
                return True
    return False


def _list_verbs(text: str) -> frozenset[str]:
    """The verb that a text begins with, and the word behind it ("scale down", "shut down")."""
    if not begins_with_imperative(text):
        return frozenset()
    return frozenset(word.casefold() for word in _FIRST_WORD.findall(text)[:2])
