"""Ways of which a person takes one: "Option B", "Variante 2", "Either ... or", "choose one of the following". Pure.

Done one after the other, a thing would be done twice, or a thing and its opposite. Words say which way a block is.
"""

import re
from collections.abc import Iterable, Sequence

from cockpit.runbooks.document.labels import strip_markdown

_WAYS = (
    r"options?|alternatives?|alternativas?|methods?|variants?|variant[ea]n?|approach(?:es)?|possibilit(?:y|ies)"
    r"|möglichkeit(?:en)?|opci[oó]n(?:es)?|optie|opção|methode|méthode|soluci[oó]n|lösung|weg|ways?|paths?|routes?|plans?"
    r"|choices?|strateg(?:y|ies)|solutions?|workarounds?|fix(?:es)?|resolutions?|remed(?:y|ies)|scenarios?|szenario"
    r"|cases?|fall|causes?|situations?"
)
_FURTHER = r"(?:[2-9]|[b-f]|ii|iii|iv|two|three|four|zwei|drei|dos|deux)\b(?!['’])"
_NAMED_SO = r"[\s:]*[#(]?\s*"
# The second way and any further one, told by its first words. "Plan B" is one, "fix two pods" is none.
FURTHER_WAY = re.compile(
    rf"""(?ix) ^\W* (?:\d+[.)]\s+)? (?:
      (?:{_WAYS}) {_NAMED_SO} {_FURTHER} (?=\W*(?:$|[:.)(—–]|\s-\s|\s*\())
    | (?:option|alternative|method|variant|variante|möglichkeit|opci[oó]n) {_NAMED_SO} (?:[2-9]|[b-f])\b
    | (?:(?:the|a|yet)\s+)* (?:second|third|other|another|zweite|andere)\s+
      (?:option|alternative|method|way|approach|variant|possibility|solution|choice)\b
    )"""
)
# What stands right above a block: it is done in place of what stands before it.
INSTEAD = re.compile(
    r"""(?ix) ^\W* (?:
      (?:or|alternatively|oder|alternativ|o\s+bien)\b | (?:as\s+)?(?:an?\s+)?alternative\s*[,:] | instead\s*[,:]
    )"""
)
# ... and only where what stands before it was of no use.
FALLBACK = re.compile(
    r"""(?ix) ^\W* (?:
      (?:otherwise|ansonsten|sinon|failing\s+(?:that|this|which)|(?:as\s+)?(?:a\s+|the\s+)?last\s+resort)\b
    | (?:or|and|but|then|only)?\s*if\s+(?:that|this|it|the\s+above|(?:the\s+)?(?:command|restart|previous\s+step)
        |none\s+of\s+(?:this|that|these|the\s+above))\s+(?:(?:still|also)\s+)?
      (?:fail(?:s|ed)|(?:do(?:es)?|did)(?:\s+not|n['’]t)\s+(?:work|help|succeed|fix|solve|resolve))\b
    )"""
)
CONDITION = re.compile(r"(?i)\W*(?:if|in\s+case|falls|wenn)\s+(?!necessary|needed|required|desired|possible)\S")
ENDS_IN_OR = re.compile(r"(?i)(?:^|[.;!,]\s+)(?:or|alternatively|oder)\W*$")
ONE_OF = re.compile(
    r"""(?ix) \b(?:choose|pick|select|use|try|run|execute|do|take|apply|decide\s+(?:on|for|between)|follow|perform)\s+
      (?:(?:exactly|only|just)\s+)?(?:
        (?:(?:any\s+)?one|either(?:\s+one)?)\s+of\s+(?:the\s+)?(?:following|these|those|below|two|three|four)\b
      | (?:one|either)\s*:\s*$ | between\s+(?:the\s+)?(?:following|these|two|three)\b )
    | \b(?:one|either)\s+of\s+the\s+(?:following|two|three)\s+
      (?:options|ways|methods|approaches|alternatives|variants|commands)\b
    | ^\W*either\W*$"""
)
FIRST_WORD = re.compile(r"\W*(?:\d+[.)]\s+)?([^\W\d_]+)")
_FIRST_WORDS = (
    "option options alternative alternatives alternativa alternativas alternatively method methods variant variants"
    " variante varianten approach approaches possibility possibilities möglichkeit möglichkeiten opción opciones"
    " opcion optie opção methode méthode solución solucion soluciones lösung weg way ways path paths route routes"
    " plan plans choice choices strategy strategies solution solutions workaround workarounds fix fixes resolution"
    " resolutions remedy remedies scenario scenarios szenario case cases fall cause causes situation situations"
    " the a an yet second third other another zweite andere or oder alternativ o as instead otherwise ansonsten"
    " sinon failing last and but then only if"
)
BEGINNINGS = frozenset(_FIRST_WORDS.split())  # of all that tells a way or a fallback: most texts begin with none
MAY_OFFER = re.compile(r"one(?:\W+of|\s*:)")  # in small letters
# A heading below a step, or a chapter: two of them are a choice, and none is behind the other.
HEADING = re.compile(
    rf"""(?ix) ^\W*(?:[\d.]+[):]?\s+)? (?:
      (?:scenario|option|case|variant|variante|alternative|approach|method|possibility|möglichkeit|opci[oó]n|if)\b
    | (?:{_WAYS}) {_NAMED_SO} (?:\d|[a-f]\b|i{{1,3}}\b|one\b|two\b|eins\b|zwei\b) )"""
)


def begins_further_way(markdown: str) -> bool:
    """True for the words that name the second way or a further one: "Option B: ...", "**Method 2**"."""
    return _may_tell(markdown) and FURTHER_WAY.match(strip_markdown(markdown)) is not None


def _may_tell(markdown: str) -> bool:
    first = FIRST_WORD.match(markdown)
    return first is not None and first[1].casefold() in BEGINNINGS


def stands_in_place(markdown: str) -> bool:
    """True for words right above a block, or its name, that put it in place of the one before: "Or:", "Otherwise"."""
    if _may_tell(markdown):
        text = strip_markdown(markdown)
        if INSTEAD.match(text) or FURTHER_WAY.match(text):
            return True
    return markdown.rstrip(" :*_`").casefold().endswith(("or", "oder", "alternatively")) and (
        ENDS_IN_OR.search(strip_markdown(markdown)) is not None
    )


def falls_back(markdown: str) -> bool:
    """True for words right above a block that let it follow only where the one before was of no use."""
    return _may_tell(markdown) and FALLBACK.match(strip_markdown(markdown)) is not None


def are_cases(titles: Sequence[str]) -> bool:
    """True where two and more, a third at least, of the names of commands are conditions: a person sees which holds."""
    conditions = {title for title in titles if CONDITION.match(title) and not falls_back(title)}
    return len(conditions) > 1 and 3 * len(conditions) >= len(titles)


def offers_one_of(paragraphs: Iterable[str]) -> bool:
    """True where a sentence says that one of what follows is to be taken."""
    for text in paragraphs:
        small = text.lower()
        may_offer = "either" in small or "between" in small or MAY_OFFER.search(small)  # most sentences do not
        if may_offer and ONE_OF.search(strip_markdown(text)):
            return True
    return False


def names_a_way(title: str) -> bool:
    """True for a heading of one way among others, or of one case: "Option A", "Scenario 2", "If the disk is full"."""
    return HEADING.match(title) is not None
