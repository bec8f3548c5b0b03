"""`python -m bench [NAME ...]`: measure, print one table, write one JSON document."""

import argparse
import json
import platform
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.measure import Measure
from bench.measures import LONG, MEASURES

RESULTS = Path(__file__).parent / "results" / "latest.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*MEASURES, []], help="all but the long ones if none is named")
    names = parser.parse_args().names or [name for name in MEASURES if name not in LONG]
    found: list[Measure] = []
    for name in names:
        found += MEASURES[name]()
    show(found)
    RESULTS.parent.mkdir(exist_ok=True)
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    RESULTS.write_text(json.dumps({"machine": machine, "measures": [each.__dict__ for each in found]}, indent=2))


def show(found: list[Measure]) -> None:
    """One line a measure; a budget that is missed says so in words."""
    table = Table("measure", "value", "unit", "budget", "verdict", "how")
    for each in found:
        budget = "" if each.budget is None else f"{each.budget:g}"
        verdict = "" if each.budget is None else ("within" if each.value <= each.budget else "MISSED")
        table.add_row(each.name, f"{each.value:.3g}", each.unit, budget, verdict, each.how)
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
