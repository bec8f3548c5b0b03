"""docs/simulator.md names everything there is."""

from pathlib import Path

import pytest

from cockpit.simulator.azure.routes import ROUTES
from cockpit.simulator.faults import Fault
from cockpit.simulator.world.scenario import list_scenarios

MANUAL = (Path(__file__).parents[3] / "docs" / "simulator.md").read_text("utf-8")


@pytest.mark.parametrize("template", sorted({each.template for each in ROUTES}))
def test_every_path_is_in_the_manual_at_least_by_its_end(template: str) -> None:
    ends = [template, *("…" + template[place:] for place in range(len(template)) if template[place] == "/")]
    assert any(f"`{end}`" in MANUAL for end in ends)


@pytest.mark.parametrize("word", [*list_scenarios(), *Fault.model_fields])
def test_every_scenario_and_every_key_of_a_fault_is_in_the_manual(word: str) -> None:
    assert f"`{word}`" in MANUAL
