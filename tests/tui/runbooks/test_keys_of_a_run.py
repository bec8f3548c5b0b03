"""Every key of a run is in the manual and in the help, says why it does nothing, and no key does two things."""

from pathlib import Path

from cockpit.model.key_bindings import RUN
from cockpit.model.run import StepState
from cockpit.model.runbook import Step, StepKind
from screens.run.key_handlers import KEY_HANDLERS
from screens.run.standing import REASONS, StepStanding, find_reason, render_hint

KEYS = RUN.bindings
WRITTEN = {"escape": "esc", "question_mark": "?"}
MANUAL = (Path(__file__).parents[3] / "docs" / "runbooks.md").read_text(encoding="utf-8")


def test_every_key_is_in_the_manual() -> None:
    missing = [each.key for each in KEYS if f"| `{WRITTEN.get(each.key, each.key)}` |" not in MANUAL]
    assert missing == []


def test_every_key_says_what_it_does_and_is_the_only_one_that_does() -> None:
    assert all(each.tooltip and each.id for each in KEYS)
    assert len({each.key for each in KEYS}) == len(KEYS)


def test_every_act_has_a_key_and_every_need_a_reason() -> None:
    assert set(KEY_HANDLERS) <= {each.name for each in KEYS}
    assert {need for each in KEYS for need in each.needs} == set(REASONS)


def test_whatever_the_state_there_is_a_hint_and_every_reason_is_a_sentence() -> None:
    for kind in StepKind:
        for state in StepState:
            now = StepStanding(Step(1, "a step", kind, 1, "" if kind is StepKind.MANUAL else "az x", "bash"), state)
            assert "".join(text for text, _ in render_hint(now, {"run": "enter", "back": "esc"})).strip() != "▸"
            for binding in KEYS:
                assert find_reason(binding, now) == "" or find_reason(binding, now).endswith(".")
