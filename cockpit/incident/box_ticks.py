"""Which tick is of which box of a checklist: by the words of the box, for documents change while an incident is open.

A tick on record names the number and the words that its box had. Where a box is put in above, the number is another
box's, and that one was never ticked.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from cockpit.model.event import LONGEST_BOX
from cockpit.model.response import Tick
from cockpit.model.text import clean_line


def find_box_ticks(boxes: Sequence[str], ticks: Iterable[Tick]) -> dict[int, Tick]:
    """The newest tick of each box that has one, by the number from 1 that the box has now.

    `boxes` are the words of a list as it is now, `ticks` those of that list. Of words that stand in it twice, and of a
    tick without words, the number decides.
    """
    words = [clean_line(text, LONGEST_BOX) for text in boxes]
    known = list(ticks)
    box_ticks = {}
    for number, text in enumerate(words, start=1):
        is_unique = words.count(text) == 1
        of_box = [tick for tick in known if tick.text == text and (is_unique or tick.item == number)]
        of_box = of_box or [tick for tick in known if not tick.text and tick.item == number]
        if of_box:
            box_ticks[number] = max(of_box, key=_date_tick)
    return box_ticks


def list_former_ticks(boxes: Sequence[str], ticks: Iterable[Tick]) -> list[Tick]:
    """The newest tick of each box that the list had and has no more, in the order of their numbers then."""
    words = {clean_line(text, LONGEST_BOX) for text in boxes}
    newest: dict[tuple[str, int], Tick] = {}
    for tick in sorted(ticks, key=_date_tick):
        is_former = tick.text not in words if tick.text else tick.item > len(boxes)
        if is_former:
            newest[tick.text, 0 if tick.text else tick.item] = tick
    return sorted(newest.values(), key=lambda tick: tick.item)


def _date_tick(tick: Tick) -> datetime:
    return tick.ticked or tick.at
