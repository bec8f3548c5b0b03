"""An app that looks like the cockpit: its themes, a style sheet whose sources are each parsed once.

No screen opens in it over another one than that on which it was asked for.
"""

import asyncio
from collections.abc import Hashable
from typing import Any, ClassVar

from textual.app import App
from textual.cache import LRUCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.css.types import CSSLocation
from textual.screen import Screen

import themes


class ParsedOnceStylesheet(Stylesheet):
    """Whenever a screen brings a style sheet of its own, Textual 8.2 parses that of every widget anew: twice before the
    first frame, and again for each dialog. Rules depend on the source and the theme's colours alone, and nothing
    changes them once they are made: here the process remembers them.
    """

    _parsed: ClassVar[LRUCache[Hashable, list[RuleSet]]] = LRUCache(512)  # all screens and widgets in some themes

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._colours = frozenset(self._variables.items())

    def set_variables(self, variables: dict[str, str]) -> None:
        super().set_variables(variables)
        self._colours = frozenset(variables.items())

    def _parse_rules(
        self, css: str, read_from: CSSLocation, is_default_rules: bool = False, tie_breaker: int = 0, scope: str = ""
    ) -> list[RuleSet]:
        source = (self._colours, css, read_from, is_default_rules, tie_breaker, scope)
        rules = self._parsed.get(source)
        if rules is None:
            rules = super()._parse_rules(css, read_from, is_default_rules, tie_breaker, scope)
            self._parsed[source] = rules
        return rules

    def reparse(self) -> None:
        self.parse()


class ThemedApp(App[None]):
    """Knows our themes; which one it begins with is its own to say."""

    CSS = themes.css()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.stylesheet = ParsedOnceStylesheet(variables=self.get_css_variables())
        for theme in themes.OURS:
            self.register_theme(theme)

    def push_screen(self, screen: Any, *arguments: Any, **options: Any) -> Any:
        """As Textual does. Raises RunRefused for a screen that a worker made ready while its own screen was in front,
        and is not any more: what is typed into another one would be pressed here, an Enter too.
        """
        asked_on = self._find_asking_screen()
        if asked_on is not None and asked_on is not self.screen:
            from cockpit.runbooks.types import RunRefused  # the first frame needs no more than the themes

            name = getattr(screen, "what", "") or "What you asked for"
            raise RunRefused(
                f"{name} was ready only when you had gone on to something else: it was not opened. Ask for it again.",
                code="ready-late",
            )
        return super().push_screen(screen, *arguments, **options)

    def _find_asking_screen(self) -> Screen[Any] | None:
        """The screen whose worker this is; None outside of workers, and in one of the app's own."""
        task = asyncio.current_task()
        worker = next((worker for worker in self.workers if worker._task is task), None) if task is not None else None
        return worker.node.screen if worker is not None and worker.node is not self else None

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return themes.FALLBACK
