"""Reads the documents again while the cockpit is open: somebody may have edited them since it began."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cockpit.wiring import Session
    from screens.cockpit import CockpitScreen


def read_again(screen: "CockpitScreen", session: "Session") -> None:
    """In a thread, while what was asked for opens; what cannot be read any more, or goes unheeded, is said once."""
    known = session.plan.problems

    def read() -> None:
        for problem in session.read_again().problems:
            if problem not in known:
                words = f"{problem.message} {problem.advice}".strip()
                screen.notify(words, severity="warning", markup=False, timeout=10)

    screen.run_worker(read, thread=True, group="plan", exit_on_error=False)
