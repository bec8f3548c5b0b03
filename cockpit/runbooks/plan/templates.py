"""Messages to send: a quotation or a fence with a subject or blanks in a chapter about messages, and files of them."""

import re
from collections.abc import Iterator

from cockpit.model.plan import Template
from cockpit.model.response import AUDIENCE_WORDS
from cockpit.model.runbook import OutlineShape
from cockpit.model.text import clean_line, clean_text
from cockpit.runbooks.document.labels import make_slug, make_unique_anchor
from cockpit.runbooks.document.outline import Chapter, OutlineBlock, Shape, read_outline
from cockpit.runbooks.plan.source import Source

MESSAGES = re.compile(r"(?i)communicat|message|notif|notice|status update|wording|announce|e-?mail")
SUBJECT = re.compile(r"(?im)^\s*\**subject\b")
BLANK = re.compile(r"(?<!\])\[[^\[\]\n]{2,80}\](?![(\[:])|\{\{[^{}\n]{1,80}\}\}")
NUMBERED = re.compile(r"^[\d.]+\s+")
AUDIENCES = (
    ("authority", re.compile(r"(?i)authorit|regulator|breach|data protection|supervis")),
    ("team", re.compile(r"(?i)\bteam\b|internal|slack|teams channel|#\w+|colleague|stakeholder|engineer")),
    ("client", re.compile(r"(?i)client|customer|user|public|external|status page")),
)


def read_templates(source: Source) -> Iterator[Template]:
    """Every message of a document."""
    taken: dict[str, int] = {}
    for chapter in source.chapters:
        for block in chapter.blocks:
            if is_message(chapter, block):
                title = NUMBERED.sub("", chapter.title) or "Message"
                id = make_unique_anchor(f"{source.id}/{make_slug(title)}", taken)
                origin = source.origin(block.line)
                texts = (chapter.path, block.text)
                audience = find_audience(*texts)
                yield Template(
                    id, title, block.text.strip() + "\n", audience, origin, find_reader(audience, title, *texts)
                )


def is_message(chapter: Chapter, block: OutlineBlock) -> bool:
    """True for a quotation or a plain fence with something to fill in."""
    if block.shape not in (Shape.QUOTE, Shape.FENCE) or block.info not in ("", "text", "txt", "markdown", "md"):
        return False
    if SUBJECT.search(block.text):
        return True
    return bool(MESSAGES.search(chapter.whole_path) and BLANK.search(block.text))


def find_audience(*texts: str) -> str:
    """Who reads it, by the first text that says so: clients where none does."""
    return next((name for text in texts for name, pattern in AUDIENCES if pattern.search(text)), "client")


READERS = {
    "authority": re.compile(rf"(?i)\b(?:{AUDIENCE_WORDS['authority']})\b"),
    "team": re.compile(r"(?i)(?<!\w)#[\w-]+|\b(?:stakeholders?|colleagues?|engineers|management|executives)\b"),
    "client": re.compile(rf"(?i)\b(?:{AUDIENCE_WORDS['client']})\b"),
}
"""What a team calls who reads a message."""


def find_reader(audience: str, *texts: str) -> str:
    """The team's own word for who reads it, by the first text that has one; "" where none has."""
    pattern = READERS[audience]
    word = next((match[0] for text in texts if (match := pattern.search(text))), "")
    return word if word.startswith("#") else word.casefold()


def template_of(name: str, text: str, origin: str) -> Template:
    """The message in a file of its own: `name` without its ending is its id.

    A front matter may give `title`, `audience` and `recipients`; a first heading is the title as well, and no part of
    the message.
    """
    from cockpit.runbooks.document.read import front_matter

    labels, body = front_matter(clean_text(text, limit=100_000).replace("\r", ""))
    lines = body.strip("\n").split("\n")
    heading = next(iter(read_outline("\n".join(lines[:2]))), None)
    if heading is not None and (heading.shape is not OutlineShape.HEADING or heading.line > 1):
        heading = None
    title = labels.get("title") or (clean_line(heading.info, 100) if heading else name)
    wanted_name = labels.get("audience", "").casefold()
    names = [text for text, _ in AUDIENCES]
    tokens = "\n".join(lines[heading.end - 1 :] if heading else lines).strip("\n") + "\n"
    reader = wanted_name if wanted_name in names else find_audience(name.replace("-", " ").replace("_", " "), title)
    word = clean_line(labels.get("recipients", ""), 60) or find_reader(reader, name.replace("-", " "), title)
    return Template(make_slug(name), title, tokens, reader, origin, word)
