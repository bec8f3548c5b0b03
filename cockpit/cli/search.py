"""`cockpit search`: every event that says all of these words, over all incidents and the journal."""

import click

from cockpit.cli.options import Common, Refusal, common_options, incident_option, json_option
from cockpit.cli.output import format_json, presented_document
from cockpit.cli.session import CliSession, open_cli_session, parse_since, print_clean, since_option
from cockpit.incident.load import read_presented
from cockpit.model.event import Event, Kind
from cockpit.model.text import clean_line
from cockpit.timeline.search import PAGE, Hit, Query, SearchPage, split_terms

AROUND = 60  # letters kept on each side of the words of a long line
LONGEST = 200


@click.command(
    name="search",
    help="Find what was recorded: every word must occur, in any case and order; what stands in quotes is one phrase. "
    "The newest come first.",
)
@click.argument("words", nargs=-1, required=True)
@since_option
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only events of this kind: note, alert, step ...")
@click.option("--limit", default=PAGE, show_default=True, metavar="N", type=click.IntRange(1, 100_000))
@click.option("--before", metavar="ID", type=click.IntRange(min=1), help="Go on behind a page that ended with ID.")
@incident_option
@json_option
@common_options
def search(
    common: Common,
    words: tuple[str, ...],
    since: str | None,
    kinds: tuple[str, ...],
    limit: int,
    before: int | None,
    incident: str | None,
    as_json: bool,
) -> None:
    with open_cli_session(common, read_only=True) as cli_session:
        query = _build_query(common, cli_session, words, since, kinds, incident, before)
        page = cli_session.timeline.search(query, limit)
        presented = read_presented(cli_session.timeline, (hit.event for hit in page.hits))
    if as_json:
        hits = [hit_document(hit, presented[hit.event.id]) for hit in page.hits]
        click.echo(format_json({"hits": hits, "more": page.more}))
        return
    for hit in page.hits:
        _print_hit(hit, presented[hit.event.id])
    _print_end(page, query)


def _build_query(
    common: Common,
    cli_session: CliSession,
    parts: tuple[str, ...],
    back: str | None,
    kinds: tuple[str, ...],
    incident: str | None,
    before: int | None,
) -> Query:
    # The shell took the quotes away: an argument with a space in it is a phrase, unless it holds quotes of its own.
    typed = " ".join(word if '"' in word or " " not in word.strip() else f'"{word}"' for word in parts)
    names = split_terms(typed)
    if not names:
        raise Refusal("There is no word to look for.", code="search-without-word")
    if unknown := [kind for kind in kinds if kind not in frozenset(Kind)]:
        raise Refusal(
            f"`{clean_line(unknown[0], 40)}` is not a kind of event; there are {', '.join(Kind)}.", code="unknown-kind"
        )
    return Query(
        names,
        since=parse_since(cli_session, back),
        kinds=kinds,
        incident=cli_session.incident_actions.find(incident).id if incident else None,
        environment=cli_session.environment.name if common.env else None,
        before=before,
    )


def hit_document(hit: Hit, presented: Event) -> dict[str, object]:
    """The event, the line that was found, where its words stand in it, and whether the event was corrected later."""
    values_by_name = {"line": hit.line, "marks": [list(mark) for mark in hit.marks], "superseded": hit.superseded}
    return presented_document(hit.event, presented) | values_by_name


def _print_hit(hit: Hit, event: Event) -> None:
    """`   42  2026-02-27 02:14:31Z  2026-02-27-k7f  note      ...`; the words stand out where the terminal can. `event`
    is the one that was found, dated as everywhere else."""
    corrected = "  (corrected later)" if hit.superseded else ""
    where = event.incident or "journal"
    head = f"{event.id:>5}  {event.occurred:%Y-%m-%d %H:%M:%S}Z  {where:<14}  {event.kind:<9}"
    click.echo(f"{_clean_piece(head)} {_mark_line(hit)}{corrected}")


def _mark_line(hit: Hit) -> str:
    """The line, cut around its words where it is long; each piece cleaned, for files we did not write."""
    start, end = _find_line_window(hit)
    pieces, done = ["…"] if start else [], start
    for begin, finish in hit.marks:
        if finish > end:
            break
        pieces += [
            _clean_piece(hit.line[done:begin]),
            click.style(_clean_piece(hit.line[begin:finish]), bold=True, underline=True),
        ]
        done = finish
    pieces.append(_clean_piece(hit.line[done:end]))
    return "".join([*pieces, "…" if end < len(hit.line) else ""])


def _find_line_window(hit: Hit) -> tuple[int, int]:
    if len(hit.line) <= LONGEST:
        return 0, len(hit.line)
    first = hit.marks[0][0] if hit.marks else 0
    start = max(0, min(first - AROUND, len(hit.line) - LONGEST))
    return start, max(start + LONGEST, hit.marks[0][1] if hit.marks else 0)


def _clean_piece(text: str) -> str:
    """Like `clean_line`, but what stands at the ends of a piece stays."""
    return clean_line(f".{text}.")[1:-1]


def _print_end(page: SearchPage, query: Query) -> None:
    if not page.hits:
        print_clean(f"Nothing recorded says {' and '.join(f'`{term}`' for term in query.terms)}.")
    elif page.more:
        print_clean(
            f"There is more: add `--before {page.hits[-1].event.id}`, or words, `--since`, `--kind`, `--incident`."
        )
