"""Which prose asks for the command that it names, and which only mentions it. In doubt it is a mention.

A sentence that forbids a command, warns of it, gives it as an example, a cause or a goal names it just as one that
asks for it does. So a command in backticks becomes a step only where the item is nothing but the command, or where an
imperative stands before it. Pure; English only: in another language every command in prose is a mention.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from cockpit.model.runbook import StepKind
from cockpit.runbooks.document.labels import strip_markdown

LOOKS = frozenset({StepKind.READ, StepKind.VERIFY})
_RUNS = "apply call do enter execute invoke issue rerun run try type use"
_INSPECTS = """
    check confirm describe ensure examine inspect look monitor observe review see tail validate verify view wait watch
"""
_ACTS = """
    abort accept acknowledge activate add adjust alert allow announce apply approve archive ask assign attach
    authenticate backup bring build bump cancel capture change choose clean clear click clone close collect commit
    compare configure connect contact copy cordon count create cut deactivate debug decrease define delete demote
    deploy destroy detach determine diagnose disable disconnect document download drain drop dump edit email enable
    escalate evict export extend fail failback failover fetch fill find fix flush follow force freeze gather generate
    get give go grant halt identify import increase inform initiate insert install isolate keep kill launch leave let
    list load lock log login lower make mark measure merge migrate mount move navigate note notify obtain open page
    patch pause perform pick ping point post press prevent promote provision prune publish pull purge push put query
    raise read reapply reassign rebuild reboot recall reclaim recreate record recover redeploy reduce refresh register
    reindex reinstall reload release remove rename reopen renew repair repeat replace replay report request reroute
    rescale reset resize resolve restart restore resume resync retrieve retry return revert revoke roll rollback
    rotate route sanity save scale scan schedule search select send set share show shut sign silence smoke snapshot
    spin ssh stage start stop store submit suspend swap switch sync tag take tell terminate test throttle trace track
    trigger truncate turn unblock uncordon undo unfreeze uninstall unlock unmount unset update upgrade upload vacuum
    wipe write
"""
RUNS, INSPECTS, ACTS = (frozenset(verbs.split()) for verbs in (_RUNS, _INSPECTS, _ACTS))
IMPERATIVES = RUNS | INSPECTS | ACTS

CODE = re.compile(r"(`+)(.+?)\1")
LONGEST = 1000  # letters of an item or a paragraph that are looked at; more is an essay, which asks for nothing
LEADS = (
    r"(?:(?:please|first(?:ly)?|second(?:ly)?|third(?:ly)?|then|next|now|finally|lastly|also|again|and|or|but|alternatively"
    r"|otherwise|afterwards?|immediately|manually|simply|just|quickly|always|optionally|else|so"
    r"|step\s+\d+|you\s+(?:can|may|should|must|need\s+to|will\s+need\s+to|have\s+to|could))[\s,]+)*"
)
IMPERATIVE = re.compile(rf"(?i){LEADS}(?:re-)?(?P<verb>[a-z]+)(?:-[a-z]+)?(?=$|[\s:,()`\ue000])")
CLAUSE = re.compile(r"(?i)(?:,|[:;(]|\s[-—–]|→|=>|\b(?:and|then|or|but))\s+|(?<=[(—–→])")
AFRESH = re.compile(r"[:(]\s*|\s[-—–]\s+|[—–→]\s*")  # behind these a sentence begins anew
SENTENCE = re.compile(r"(?<!e\.g)(?<!i\.e)(?<!etc)(?<=[.!?;])\s+")
CONDITION = re.compile(
    r"(?i)^\W*(?:if|when(?:ever)?|once|after|before|unless|until|while|as\s+soon\s+as|in\s+case|should|where|for|to|on|in|from"
    r"|at|with|as|depending|given|since|because|during)\b[^,:—–]*?(?:[,:—–]|\bthen\b|\s-\s)\s*"
)
FORBIDS = re.compile(
    r"""(?ix) \b(?:do|does|did|must|should|shall|may|can|could|will|would|need)(?:\s+not\b|n['’]?t\b)
    | \b(?:cannot|never|avoid|avoids|refrain|forbidden|prohibited|disallowed|nobody|no\s+one|no\s+longer|no\s+need)\b
    | \bnot\s+(?:to|be|use|run|allowed|permitted|recommended|advised|safe|supported)\b
    | \b(?:instead\s+of|rather\s+than|without|except|stop\s+using|other\s+than|against\s+using)\b[^,:;]*$
    | \bbeware\b | ❌ | 🚫 | ⛔"""
)
ASKS_NOT = re.compile(
    r"""(?ix) ^\W*(?:(?:please|warning|caution|danger|important|note|attention|critical|and|but|so|you|we|also
    |under\s+no\s+circumstances)\W+)*
    (?:do\s+not|don['’]?t|never|avoid|(?:must|should|shall|can|could|may|will)\s+(?:not|never)|(?:must|should)n['’]?t
    |cannot|can['’]?t|refrain\s+from|no\s+(?:one|body)\s+(?:may|should|must)|not\s+to\b|under\s+no\s+circumstances|it\s+is\s+forbidden)\b
    (?!\s+(?:forget|panic|worry|hesitate|be\s+afraid))"""
)
NEVERTHELESS = re.compile(r"(?i)\b(?:do\s+not|don['’]?t)\s+(?:forget|panic|worry|hesitate|be\s+afraid)(?:\s+to\b)?")
MAY_FORBID = re.compile(
    r"n(?:ot|['’]?ts?\b|ever|o\s?(?:one|body))|avoid|refrain|under\s+no|forbid|instead|rather|bad|wrong|incorrect|anti-?pat"
)
"""Without one of these nothing is forbidden: looked for first, as most sentences have none, and in small letters, as an
expression that takes letters of both sizes is ten times as slow."""

FORBIDS_BLOCK = re.compile(
    r"""(?ix) ^\W*(?:(?:please|ever|by\s+any\s+means|the)\W+)*
    (?: \W*$ | [:—–] | (?:run|execute|do|try|call|type|copy|paste|issue|invoke|use|apply|running|using|doing|executing
    |trying)\b (?:\W*$ | [:;,.] | \s+(?:this|these|those|it|the\s+(?:following|commands?|script|next|below)|any|in|on
    |here|by|manually|again|ever|below|such|like|anything)\b)
    | (?:\w+\s+){0,3}(?:this|these|the\s+following|like\s+this)\b )"""
)
GATE = re.compile(r"(?i)\b(?:proceed|continue|go\s+on|move\s+on|start|leave|skip|close|wait)\b[^`\ue000]*$")
BAD_EXAMPLE = re.compile(
    r"(?i)^\W*(?:bad|wrong|incorrect|bad\s+(?:example|practice|idea)|anti-?patterns?|not\s+like\s+this|don['’]?ts?|never)\W*$"
)
QUALIFIED = re.compile(r"(?i)\b(?:unless|until|before|without|except|while|if|when|as\s+long\s+as|more\s+than|twice)\b")
EXAMPLE = re.compile(
    r"(?i)\be\.\s?g\b|\bi\.\s?e\b|\bfor\s+(?:example|instance)\b|\bsuch\s+as\b|\bsimilar\s+to\b|\blike\b"
)
EXAMPLE_ONLY = re.compile(
    r"(?i)^\W*(?:for\s+)?(?:an?\s+)?(?:examples?|instance|e\.g|sample)(?:\s+(?:usage|use|command|commands|call|invocation|session))?\W*$"
)
MENTIONING = re.compile(
    r"""(?ix) ^\W*(?:warning|caution|danger|note|nb|attention|examples?|e\.g|for\s+(?:example|instance)|causes?
    |root\s+causes?|reasons?|goals?|non-goals?|see|see\s+also|references?|related|symptoms?|impacts?|bad|wrong|don['’]?ts?|anti-?patterns?
    |deprecated|legacy|history|background|was|previously|tip|hint|faq|q|question|metrics?
    |(?:hands-on\s+|bonus\s+|practice\s+)?(?:exercise|challenge|experiment|quiz|homework|assignment|practice)s?(?:\s+[\d.]+)?
    |try\s+(?:it|this)(?:\s+(?:yourself|out))?)\b(?=\W*(?:$|[:.—–(]|\*|\s-\s))"""
)
TRIES_OUT = re.compile(
    r"""(?ix) \b(?:see|observe|watch|notice|find\s+out|note|predict|guess)\b\s+(?:what|how)\b[^.;]{0,60}?
      \b(?:happens|happened|changes|reacts?|behaves?|responds?|breaks|does|goes\s+wrong)\b
    | \b(?:observe|notice)\s+the\s+(?:results?|effects?|outcome|difference|behaviou?r)\b
    | \bwhat\s+(?:happens|would\s+happen|do\s+you\s+(?:see|notice|expect))\b"""
)
"""Of an exercise: who reads it is to learn something, and nothing is to be done to what is in use."""
LINKS = re.compile(r"(?ix) (?:[:(→—–]|=>|\s-|\b(?:with|using|via|through|by|command|following|this)) \s*$")
LINKS_BY = re.compile(r"(?i)\b(?:by|via|through)\s+(?:running|executing|calling|using|issuing|typing|invoking)\s*$")
LINKS_A_LOOK = re.compile(r"(?i)\b(?:that|if|whether|until|at|output\s+of|result\s+of|in)(?:\s+the)?\s*$")
JOINS = re.compile(r"(?i)[\s,;&+→]*(?:(?:and|then|or|followed\s+by|afterwards|next)\b[\s,:]*)*")
OR = re.compile(r"(?i)\bor\b")
SUBJECT = re.compile(
    r"(?i)^\W*(?:is|are|was|were|has|had|must|should|will|would|can|cannot|could|may|might|does|did|do|fails?|deletes?"
    r"|destroys?|removes?|drops?|caused|causes|breaks?|never|not|n['’]t|isn['’]t|won['’]t|wouldn['’]t|shouldn['’]t)\b"
)
ONLY_CODE = re.compile(r"(?i)[\s*_().,:;]*(?:step\s+\d+|\d+[.)])?[\s*_().,:;]*")
OR_ALSO = re.compile(r"(?i)^\s*\(or\b[^()]*(?:\([^()]*\)[^()]*)*\)\W*$")
TAIL = re.compile(r"(?i)^\s*(?:against|again|on|in|for|from|until|with|as|to|and|twice|once|every)\b[^.!?]*\.?$")
EXPECTS = re.compile(
    r"(?i)^\s*(?:is|are|shows?|returns?|prints?|says?|reports?|lists?|gives?|answers?|has|contains?|must|should|works?)\b"
)
_MACHINES = (
    r"(?:hosts?|servers?|machines?|nodes?|box|vms?|instances?|pods?|containers?|bastion|jump\s*(?:host|box)|primary"
    r"|replica|standby|leader|router|firewall|switch|console)\b"
)
ELSEWHERE = re.compile(
    rf"""(?ix) \b(?:ssh|exec|shell|attach|telnet|rdp|log(?:in|\s+in|ged\s+in)|sign\s+in|connect|jump)\b[^.`]{{0,60}}?
      \b(?:to|into|on|onto|in)\b [^.`]{{0,60}}? \b{_MACHINES}
    | \bssh\s+(?:in|to|into)\b
    | (?:^|[,;:]\s*)\b(?:on|inside|within|from(?:\s+within)?|in)\s+
      (?:the|a|an|each|every|any|one\s+of\s+the|your|all)\s+ (?:[\w-]+\s+){{0,3}}?{_MACHINES}"""
)
"""Words that say a command belongs to another machine: it must not run on this one."""

BEHIND_IT = re.compile(
    rf"""(?ix) ^\W*(?:on|inside|within|from(?:\s+within)?|in)\s+ (?:
      (?:the|a|an|each|every|any|one\s+of\s+the|your|all)\s+ (?:[\w-]+\s+){{0,3}}?{_MACHINES}
    | \w+(?:-\w+)*-?\d+(?:[\w-]*\w)?(?:\.[\w-]+)*\b )"""
)
"""Behind a command: "`df -h` on the node", "`dpkg -l` on web-01.example": it belongs there."""

CONDITION_ONLY = re.compile(r"(?i)^\W*(?:if|when(?:ever)?|once|after|before|unless|until)\b[^,:]*[,:]\s*")
_A_MACHINE = (
    r"(?:hosts?|servers?|machines?|nodes?|box|vms?|instances?|pods?|containers?|bastion|jump\s*(?:host|box))\b"
    r"(?!\s+(?:dashboard|portal|ui|console|page|settings|group|pool))"
)
_WHICH_ONE = (
    r"(?:(?:the|an?|each|every|all|any|both|one\s+of|your)\s+)+(?:of\s+)?(?:the\s+)?"
    r"(?!(?:[\w-]+\s+){0,2}(?:local|own|laptop|workstation|computer)\b)"
)
_A_ROLE = (
    r"(?:primary|secondary|standby|replicas?|leader|followers?|master|slave|brokers?|members?|control\s+planes?)\b"
)
GOES_ELSEWHERE = re.compile(
    rf"""(?ix) ^\W*{LEADS} (?: (?:ssh|exec|shell|rdp|connect|attach|jump|log\s*in|sign\s+in)\b [^.:`]{{0,60}}?
      \b(?:to|into|on|onto)\b [^.`\ue000]{{0,60}}?\b{_A_MACHINE} | ssh\s+(?:in|into|to|onto)\b
    | enter\s+into\s+[^.:`]{{0,40}}?\b{_A_MACHINE}
    | (?:on|inside|within|from(?:\s+within|\s+inside)?)\s+{_WHICH_ONE} (?:[\w-]+\s+){{0,3}}?{_A_MACHINE} .*: \s*$
    | on\s+{_WHICH_ONE} (?:(?:new|old|current|former|failed|healthy)\s+)?{_A_ROLE} .*: \s*$
    | (?:on|inside|within|from(?:\s+within|\s+inside)?)\s+{_WHICH_ONE}
      (?:(?:[\w-]+\s+){{0,3}}?{_A_MACHINE} | (?:(?:new|old|current|former|failed|healthy)\s+)?{_A_ROLE}) ,?\s*
      (?:please\s+)?(?:run|execute|issue|type|enter|invoke|start|stop|restart)\b
    | (?:run|execute|issue|enter|type|perform|repeat|do|try|use|invoke)\s+
      (?:(?:this|it|these|the|following|next|same|commands?|steps?|lines?|script|below|again|above)\s+)+
      (?:on|in|inside|within|from(?:\s+within|\s+inside)?)\s+{_WHICH_ONE}
      (?:(?:[\w-]+\s+){{0,3}}?{_A_MACHINE} | (?:(?:new|old|current|former|failed|healthy)\s+)?{_A_ROLE}) )"""
)
MAY_LEAD_ELSEWHERE = (
    *("host", "server", "machine", "node", "box", "vm", "instance", "pod", "container", "bastion", "jump", "ssh"),
    *("primary", "secondary", "standby", "replica", "leader", "follower", "master", "slave", "broker", "member"),
    "control",
)
"""Without one of these nothing leads to another machine: it is looked for first, as most sentences have none."""

_NOUNS = (
    r"(?:such\s+as|causes?|root\s+causes?|reasons?|symptoms?|goals?|non-goals?|objectives?|examples?|references?|see\s+also"
    r"|related(?:\s+\w+)?|further\s+reading|anti-?patterns?|(?:common\s+)?mistakes|pitfalls|metrics?|signals?|background"
    r"|impacts?|overview|history|glossary|definitions?|terms|assumptions?|risks?|lessons(?:\s+learned)?|motivation"
    r"|architecture|change\s*log|timeline|what\s+(?:happened|happens|went\s+wrong|not\s+to\s+do)"
    r"|escalation(?:\s+(?:paths?|polic(?:y|ies)|matrix|levels?|contacts?|chain))?|descriptions?|preventions?"
    r"|monitoring\s+to\s+\w+"
    r"|(?:services|components|systems)\s+(?:being\s+)?(?:deployed|affected|involved)"
    r"|how\s+(?:it|this)\s+works|why(?:\s+this\s+\w+)?|don['’]?ts?|contributing\s+factors?|limitations?)"
)
_MORE = (
    r"(?:the|some|common|possible|likely|known|potential|typical|usual|main|most|other|key|more|useful|probable"
    r"|critical|important)"
)
TELLS = re.compile(
    rf"""(?ix) ^\W*(?:\d[\d.]*\s+)?(?:{_MORE}\s+)* {_NOUNS} (?:\s*(?:and|&|/|,|or)\s*(?:{_MORE}\s+)*{_NOUNS})*
    (?:\s+(?:of|for|behind|to\s+(?:watch|consider|avoid)|include|are|is|may|could|can)\b.*)? \W*$"""
)
TELLS_OF = re.compile(
    r"(?i)\b(?:causes?|reasons?|symptoms?|goals?|examples?|metrics?|signals?|factors?|scenarios?|e\.g|means|defined\s+as)\b"
)
AUTOMATION = re.compile(
    r"""(?ix) ^\W*(?:what\s+)?(?:(?:the|this|that|our|each|every|an?|it)\s+)?(?:[\w./-]+\s+){0,3}?
    (?:pipeline|workflow|script|job|action|ci|cd|ci/cd|bot|controller|operator|cron\w*|automation|hook|system|service|tool|command
    |deploy(?:ment)?|release|build|function|lambda|it|playbook)\b [^.]*
    \b(?:will|does|do|performs?|runs|executes|consists|includes|contains|goes|works|happens|automatically|then|which|that|is|are
    |in\s+turn|following|steps|stages)\b"""
)
STATE = re.compile(
    r"(?i)^(?:is|are|was|were|has|have|had|must|should|can|may|exist|exists|show|shows|look|all|not|of|for)\b"
)
NAMES = re.compile(r"^\s*(`+)[^`\s]+\1\s*(?:[:(]|\s[-—–]|[—–]|\bis\b|\bmeans\b)\s*(?P<rest>.*)$", re.DOTALL)
# "**Apply errors**: errors that occur when ...", "**Service GoPay** - handles ...": a term and what it means.
DEFINES = re.compile(
    r"^\s*\*\*(?P<term>[^*`]{2,60}?)\s*(?::\*\*|\*\*\s*(?::|[-—–]))\s+(?P<rest>(?!\s*(?:if|when|to|for|on|in)\b)\S.*)$",
    re.DOTALL | re.IGNORECASE,
)
_MACHINE_NOUNS = (
    r"(?:pipelines?|workflows?|images?|jobs?|containers?|apps?|applications?|tests?|builds?|services?|actions?|bots?"
    r"|controllers?"
    r"|deployments?|releases?|scripts?|hooks?|runners?|registry|checks?|probes?|system|scheduler|alerts?|notifications?|artifacts?)"
)
MACHINE_ACTS = re.compile(
    rf"""(?ix) ^\W* (?: (?:an?\s+|the\s+)?(?:push|merge|commit|tag|pull\s+request|pr)\b [^.,]{{0,60}}?
        \b(?:triggers?|starts?|kicks?\s+off|runs?|causes?)\b
    | (?!(?:if|when|once)\b) (?:(?:the|an?|our|each|all|new)\s+)? (?:[\w./-]+\s+){{0,4}}? {_MACHINE_NOUNS} \s+
        (?:(?:automatically|then|also)\s+)?
        (?:(?:is|are|gets?|will(?:\s+be)?)\b | (?:[a-z]+s|verify|run|check|start|fail|pass)\b ) )"""
)
FEWEST_OF_A_PROCESS = 3  # items
UI = re.compile(
    r"(?i)\b(?:click|settings?|menu|tab|portal|console|page|button|dashboard|sidebar|admin|account|profile|preferences|security|users?"
    r"|tokens?|options|blade|overview)\b"
)


def requests_command(before: str, after: str, kind: StepKind) -> bool:
    """True when the words before a command, in its own item, ask for it. `before` and `after` are Markdown.

    A look may also be named by what it looks at ("Check that `kubectl get pods` shows three"): running one that was
    only mentioned harms nobody. A change must be asked for by the verb itself, or behind a colon, "with", "using".
    """
    text = NEVERTHELESS.sub("", _flatten_markdown(before))
    sentence = SENTENCE.split(text)[-1] if text else ""
    if len(before) > LONGEST or MENTIONING.match(text) or ELSEWHERE.search(text):
        return False
    if kind not in LOOKS and (TRIES_OUT.search(text) or TRIES_OUT.search(_flatten_markdown(after))):
        return False
    if kind not in LOOKS and SUBJECT.match(_flatten_markdown(after)):
        return False
    if not sentence.strip() or EXAMPLE.search(sentence):
        return False
    main = CONDITION.sub("", sentence, count=1) if not _find_imperative(sentence) else sentence
    if FORBIDS.search(main):
        return False
    if re.fullmatch(r"(?i)\W*(?:to|if|in\s+case)\s+[^:]+:\s*", sentence):  # "To roll back:", "If the disk is full:"
        return True
    lead = _from_last_imperative(main)
    return bool(lead) and _imperative_reaches_command(lead, kind)


def says_where(after: str, program: str) -> bool:
    """True where the words behind a command say that it is typed at another machine; a cloud is asked from anywhere."""
    from cockpit.runbooks.document.sessions import FROM_ANYWHERE

    return program not in FROM_ANYWHERE and BEHIND_IT.match(_flatten_markdown(after)) is not None


def stands_alone(gaps: Sequence[str]) -> bool:
    """True when nothing stands around and between the commands of an item but marks, a number, "and then"."""
    return bool(ONLY_CODE.fullmatch(gaps[0]) and ONLY_CODE.fullmatch(gaps[-1])) and all(map(joins_commands, gaps[1:-1]))


def goes_on_harmlessly(after: str, kind: StepKind) -> bool:
    """True for a numbered item or a box that begins with its command: "`gitleaks detect` against the full history"."""
    text = _flatten_markdown(after)
    if FORBIDS.search(text) or EXAMPLE.search(text):
        return False
    return bool(OR_ALSO.match(text) or (kind in LOOKS and (TAIL.match(text) or EXPECTS.match(text))))


def joins_commands(between: str) -> bool:
    """True for what stands between two commands of one request: "`a` and then `b`"."""
    return bool(JOINS.fullmatch(_flatten_markdown(between)))


def says_or(between: str) -> bool:
    """True when the second of two commands replaces the first."""
    return bool(OR.search(between))


def forbids_command(text: str) -> bool:
    """True for a sentence that forbids what it names: "Do NOT run `terraform apply`", "**Never:**"."""
    if MAY_FORBID.search(text.lower()) is None:
        return False
    sentences = SENTENCE.split(_flatten_markdown(text))
    return any(
        (ASKS_NOT.match(sentence) and not GATE.search(sentence)) or BAD_EXAMPLE.match(sentence)
        for sentence in (CONDITION.sub("", sentence, count=1) for sentence in sentences)
    )


def forbids_what_follows(text: str) -> bool:
    """True when the last sentence of a text forbids the block below it, whatever the circumstances.

    "Do not run this before the backup is there:" says when to run it: that one is a step, under a warning.
    """
    if MAY_FORBID.search(text.lower()) is None:
        return False
    sentences = [part for part in SENTENCE.split(_flatten_markdown(text)) if part.strip()]
    if not sentences:
        return False
    last = sentences[-1].strip()
    wrong = re.search(r"(?i)\b(?:instead\s+of|rather\s+than)\s*:$", last)
    if wrong or BAD_EXAMPLE.match(last):
        return True
    refusal = ASKS_NOT.match(CONDITION.sub("", last, count=1))
    block = refusal and FORBIDS_BLOCK.match(refusal.string[refusal.end() :])
    return bool(block) and not QUALIFIED.search(last)


def gives_example(text: str) -> bool:
    """True for words above a block that make it an example: "Example:", "For instance:", "e.g.", "Sample usage"."""
    small = text.lower()
    if not ("example" in small or "sample" in small or "instance" in small or "e.g" in small):
        return False
    sentences = [part for part in SENTENCE.split(_flatten_markdown(text)) if part.strip()]
    return bool(sentences) and bool(EXAMPLE_ONLY.match(sentences[-1].strip()))


def goes_elsewhere(text: str) -> bool:
    """True for a sentence that leads to another machine: "SSH to the database server", "On the node, run:"."""
    small = text.lower()
    for word in MAY_LEAD_ELSEWHERE:
        if word in small:
            break
    else:
        return False
    sentences = (CONDITION_ONLY.sub("", sentence, count=1) for sentence in SENTENCE.split(_flatten_markdown(text)))
    return any(GOES_ELSEWHERE.match(sentence) for sentence in sentences)


def introduces_facts(text: str) -> bool:
    """True for a heading, label or introduction under which stands what is so, not what is to be done: "Causes"."""
    flat = _flatten_markdown(text).strip()
    if TELLS.match(flat) or forbids_what_follows(flat):
        return True
    if not flat.endswith(":") or _find_imperative(flat):
        return False
    last = SENTENCE.split(flat)[-1]
    return bool(TELLS_OF.search(last) or AUTOMATION.match(last))


def describes_behaviour(item: str) -> bool:
    """True for an item that says what something does by itself, or what a name means: "Logs in to Azure"."""
    defined = DEFINES.match(item[:LONGEST])
    if defined is not None:
        return not (_find_imperative(defined["term"]) or _find_imperative(_flatten_markdown(defined["rest"])))
    named = NAMES.match(item[:LONGEST])
    if named is not None:
        return not _find_imperative(named["rest"])
    first, _, rest = _flatten_markdown(item).strip().partition(" ")
    return bool(_third_person(first)) and bool(rest) and not STATE.match(rest)


def tells_what_machines_do(items: Sequence[str]) -> bool:
    """True for a numbered list that says what happens by itself: "The workflow builds an image", "The image is pushed".

    One such item among others is one that somebody waits for; where most are, nobody has anything to tick.
    """
    by_itself = [MACHINE_ACTS.match(CONDITION.sub("", _flatten_markdown(item).strip(), count=1)) for item in items]
    return len(items) >= FEWEST_OF_A_PROCESS and 5 * sum(map(bool, by_itself)) >= 4 * len(items)


def begins_with_imperative(text: str) -> bool:
    """True for what tells somebody to do something: "Stop the api", "Then migrate"."""
    return bool(_find_imperative(_flatten_markdown(text)))


def is_click_path(parts: list[str]) -> bool:
    """True when clicks, or places to click, stand between arrows; not for how a request travels."""
    return any(_find_imperative(part) or UI.search(part) for part in parts) and not forbids_command(" ".join(parts))


@lru_cache(maxsize=1024)  # the words around a block are asked one question after the other
def _flatten_markdown(markdown: str) -> str:
    """One line without emphasis and links; commands in it are a single letter that no word holds."""
    markdown = markdown[:LONGEST]
    bare = CODE.sub("\ue000", markdown) if "`" in markdown else markdown
    return " ".join(strip_markdown(bare).split()) + (" " if markdown[-1:].isspace() else "")


def _find_imperative(text: str) -> str:
    """The verb that a text begins with, in the form that tells somebody to do it; "" for none."""
    match = IMPERATIVE.match(text.lstrip(" \t*_-—–:,.(→⚠️☐"))
    verb = match["verb"].casefold() if match else ""
    return verb if verb in IMPERATIVES else ""


def _from_last_imperative(sentence: str) -> str:
    """The sentence from its last clause on that begins with an imperative; "" where somebody else does it.

    "The pipeline builds, tests and run" begins with a subject of its own: what is joined to it is not for us.
    """
    lead = sentence if _find_imperative(sentence) else ""
    for match in CLAUSE.finditer(sentence):
        rest = sentence[match.end() :]
        afresh = AFRESH.fullmatch(match.group()) or match.group() == ""
        if (afresh or lead or match.start() == 0) and _find_imperative(rest):
            lead = rest
    return lead


def _imperative_reaches_command(lead: str, kind: StepKind) -> bool:
    """True when an imperative reaches the command behind it: as its object, or behind a colon or "with"."""
    verb = _find_imperative(lead)
    bare = re.sub(rf"(?i)^.*?\b{verb}\b", "", lead, count=1).strip(" ")
    if verb in RUNS and not re.sub(
        r"(?i)\b(?:again|the|this|following|command|commands|instead|a|an|also)\b", "", bare
    ).strip(" :\"'*_"):
        return True
    if LINKS.search(bare) or LINKS_BY.search(bare):
        return True
    return kind in LOOKS and verb in INSPECTS and (not bare or bool(LINKS_A_LOOK.search(bare)))


def _third_person(word: str) -> bool:
    """True for "Builds", "Pushes", "Applies": what something does, not what to do."""
    lower = word.casefold()
    if not lower.endswith("s") or lower in IMPERATIVES:
        return False
    return any(
        base in IMPERATIVES for base in (lower[:-1], lower[:-2], f"{lower[:-3]}y" if lower.endswith("ies") else "")
    )
