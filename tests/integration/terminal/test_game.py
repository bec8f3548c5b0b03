"""The whole game in a real terminal: from the bad deployment to the reviewed post-mortem, led as a team would."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.integration.terminal.test_newcomer import demo_config, shell

PROMPT = "_What happened, in two sentences that somebody outside the team understands?_"


def test_from_the_bad_deployment_to_the_reviewed_post_mortem(open_terminal: Callable[..., Any], tmp_path: Path) -> None:
    terminal = open_terminal(80, 24, "demo --speed 5")
    terminal.see("[STATUS] (503) == 200")
    config = demo_config(tmp_path)

    terminal.press("d")
    terminal.see("What is broken")
    terminal.type("Orders fail after the deployment")
    terminal.confirm("declares")
    terminal.see("P1 Orders fail")
    terminal.see("escalate now")  # the first of the page for the night is to be called at once

    terminal.press("o")
    terminal.see("Incident Commander")
    terminal.press("Enter")
    terminal.see("Role: Incident Commander")
    terminal.confirm("records ·")
    terminal.lose("Role: Incident Commander")
    terminal.press("4")
    terminal.see("▲ now")
    terminal.press("Enter")
    terminal.see("are you the one on call?")
    terminal.press("Down")
    terminal.see("▸ no, somebody else")
    terminal.confirm("records ·")
    terminal.lose("are you the one on call?")
    terminal.press("Enter")
    terminal.see("You make the call")
    terminal.confirm("records ·")
    terminal.see("✔ called")
    terminal.press("t")
    terminal.see("what is to be done")
    terminal.type("look at the log of the new revision")
    terminal.confirm("starts its deadline")
    terminal.lose("what is to be done")
    terminal.press("3")
    terminal.see("0/5")
    terminal.press("Enter")
    terminal.see("▸ First ten minutes of a P0 or P1 0/5")
    terminal.press("Enter")
    terminal.see("1/5")
    terminal.press("Escape")
    terminal.see("opens its boxes")  # two Esc that a busy machine reads at once are one
    terminal.press("Escape")
    terminal.see("IC you")

    terminal.press("f")
    terminal.see("Freeze deployments")
    terminal.type("until it is green")
    terminal.confirm("freezes")
    terminal.see("FROZEN")

    terminal.press("2")
    terminal.see("5xx errors")
    terminal.press("a")
    terminal.see("You acknowledged")
    terminal.press("R")
    assert "frozen" in terminal.see("page down shows them")  # what is longer than the screen is read to its end first
    terminal.press("PageDown")
    terminal.confirm("starts")
    terminal.see("asks for a typed word")
    terminal.lose("wait: ")
    terminal.press("Enter")
    terminal.see("Type shop-api--r44 to run it.")
    terminal.type("shop-api--r44")
    terminal.confirm("runs it")
    terminal.see("All steps are done")
    terminal.press("Escape")
    terminal.see("FROZEN")

    terminal.press("c")
    terminal.see("Nothing is sent")
    terminal.press("Down")
    terminal.see("We are having trouble taking orders")
    terminal.press("Tab")  # what it is to customers nobody but a person can say
    terminal.see("esc when it is done")
    terminal.type("some orders fail")
    terminal.press("Escape")
    terminal.see("all filled")
    terminal.press("s")
    terminal.see("ritten down")
    terminal.press("Escape")
    terminal.see("Rolled back ")
    terminal.press("f")
    terminal.see("Lift the freeze")
    terminal.confirm("lifts it")
    terminal.lose("FROZEN")

    terminal.press("s")
    terminal.see("Severity and status")
    terminal.press("Tab")
    terminal.press("Down", "Down", "Down")  # resolved; a digit would be meant for the reason
    terminal.see("it ended because it was")
    terminal.press("Tab")
    terminal.press("Tab")
    terminal.type("rolled back, stable for ten minutes")
    terminal.confirm("records ·")
    terminal.see("What stays open")  # the boxes that nobody ticked stand in the draft
    terminal.confirm("resolves")
    terminal.see("is resolved")

    terminal.press("v")
    terminal.see("# Post-mortem: Orders fail")
    terminal.press("x")
    terminal.see("a new file")
    terminal.confirm("writes")
    terminal.see("Review state")
    [draft] = (Path(config).parent / "docs" / "incidents").glob("*.md")
    by_hand = "A deployment took the orders down, and going back brought them up again."
    draft.write_text(draft.read_text(encoding="utf-8").replace(PROMPT, by_hand), encoding="utf-8")
    terminal.press("s")
    terminal.see("ends its deadline")
    terminal.press("Down", "Down")  # reviewed
    terminal.see("▸ reviewed")
    terminal.confirm("records ·")
    terminal.see("   reviewed")
    terminal.press("x")
    terminal.see("what people wrote in it stays")
    terminal.confirm("writes")
    terminal.see("Review state")

    written = draft.read_text(encoding="utf-8")
    facts = (
        "**State:** reviewed",
        by_hand,
        "| Incident Commander | ana |",
        "| tell clients |",
        "look at the log of the new revision",
        "4 of 5 not ticked",
        "We are having trouble taking orders",
        "az containerapp ingress traffic set",
        "| TTA, time to acknowledge |",
    )
    for fact in facts:
        assert fact in written, fact
    assert json.loads(shell("verify", "--config", config, "--json"))["ok"] is True
