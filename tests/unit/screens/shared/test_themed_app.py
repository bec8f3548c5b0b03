"""A style sheet is parsed once, and gives the rules that Textual's own gives."""

import pytest
from textual.app import ComposeResult
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.screen import Screen
from textual.widgets import Input

import themes
from screens.shared.themed_app import ParsedOnceStylesheet, ThemedApp


class FieldScreen(Screen[None]):
    CSS = "Input { border: round $error; }"

    def compose(self) -> ComposeResult:
        yield Input()


def describe_rules(stylesheet: Stylesheet) -> list[tuple[str, str, bool, int]]:
    return [
        (rule.selectors, str(rule.styles.get_rules()), rule.is_default_rules, rule.tie_breaker)
        for rule in stylesheet.rules
    ]


async def test_its_rules_are_those_of_a_sheet_that_is_parsed_anew() -> None:
    async with ThemedApp().run_test() as pilot:
        await pilot.app.push_screen(FieldScreen())
        for name in (*(theme.name for theme in themes.OURS), themes.DEFAULT):
            pilot.app.theme = name
            await pilot.pause()
            anew = pilot.app.stylesheet.copy()
            anew.reparse()

            assert describe_rules(pilot.app.stylesheet) == describe_rules(anew)


async def test_no_source_is_parsed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[tuple[object, ...]] = []
    parse = Stylesheet._parse_rules

    def count(sheet: Stylesheet, css: str, *options: object) -> list[RuleSet]:
        assert isinstance(sheet, ParsedOnceStylesheet)
        parsed.append((sheet._colours, css, *options))
        return parse(sheet, css, *options)  # type: ignore[arg-type]

    monkeypatch.setattr(ParsedOnceStylesheet, "_parsed", {})
    monkeypatch.setattr(Stylesheet, "_parse_rules", count)
    for _ in range(2):
        async with ThemedApp().run_test() as pilot:
            await pilot.app.push_screen(FieldScreen())
            await pilot.pause()

    assert parsed
    assert len(parsed) == len(set(parsed))
