"""The query language of the simulated Log Analytics: what it knows answers as Kusto does, the rest is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.simulator.answer import RefusedError
from cockpit.simulator.azure.kusto import KustoTable, run_query

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TYPES = {"TimeGenerated": "datetime", "Level": "string", "Line": "string", "Millis": "long", "Share": "real"}


def row(minute: int, level: str, line: str, millis: int | None, share: float = 0.5) -> dict[str, Any]:
    moment = NOON - timedelta(minutes=minute)
    return {"TimeGenerated": moment, "Level": level, "Line": line, "Millis": millis, "Share": share}


LINES = KustoTable(
    tuple(TYPES),
    tuple(TYPES.values()),
    (
        row(1, "info", "GET /orders 200", 20),
        row(2, "error", "GET /orders 503 pool exhausted", 900),
        row(4, "info", "GET /health 200", 3),
        row(9, "error", "POST /orders 500", 700, 1.5),
        row(11, "warn", "", None),
    ),
)


def ask(query: str) -> KustoTable:
    return run_query(query, {"Lines": LINES}, NOON)


def rows(query: str) -> list[tuple[Any, ...]]:
    table = ask(query)
    return [tuple(line.get(name) for name in table.columns) for line in table.rows]


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("Lines | summarize count()", "count_"),
        ("Lines | summarize count() by Level", "Level count_"),
        ("Lines | summarize n = count(), avg(Millis), max(Share) by Level", "Level n avg_Millis max_Share"),
        ("Lines | summarize countif(Level == 'error') by bin(TimeGenerated, 5m)", "TimeGenerated countif_"),
        ("Lines | summarize percentile(Millis, 95), dcount(Level)", "percentile_Millis_95 dcount_Level"),
        ("Lines | summarize count(), count()", "count_ count_1"),
        ("Lines | summarize make_set(Level), make_list(Millis)", "set_Level list_Millis"),
        ("Lines | summarize arg_max(TimeGenerated, *) by Level", "Level TimeGenerated Line Millis Share"),
        ("Lines | summarize arg_min(Millis, Line) by Level", "Level Millis Line"),
        ("Lines | summarize by Level", "Level"),
        ("Lines | extend Slow = Millis > 500", "TimeGenerated Level Line Millis Share Slow"),
        ("Lines | extend Level = toupper(Level)", "TimeGenerated Level Line Millis Share"),
        ("Lines | project Level, tolower(Line), Millis * 2, ['a b'] = 1", "Level Column1 Column2 a b"),
        ("Lines | project tostring(Millis), strlen(Line)", "Millis strlen_Line"),
        ("Lines | project-away Line, Share", "TimeGenerated Level Millis"),
        ("Lines | project-keep Share, Level", "Level Share"),
        ("Lines | project-rename Severity = Level", "TimeGenerated Severity Line Millis Share"),
        ("Lines | count", "Count"),
    ],
)  # fmt: skip
def test_columns_are_called_as_kusto_calls_them(query: str, columns: str) -> None:
    assert " ".join(ask(query).columns) == columns


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Lines | summarize count() by Level", [("info", 2), ("error", 2), ("warn", 1)]),
        ("Lines | where Level == 'nobody' | summarize count()", [(0,)]),
        ("Lines | where Level == 'nobody' | summarize count() by Level", []),
        ("Lines | where Level == 'nobody' | summarize max(Millis), avg(Millis), sum(Millis)", [(None, None, 0)]),
        ("Lines | summarize rate = 100.0 * countif(Level == 'error') / count()", [(40.0,)]),
        ("Lines | summarize sum(Millis), min(Millis), percentile(Millis, 50)", [(1623, 3, 20)]),
        ("Lines | summarize sumif(Millis, Level == 'error'), avgif(Millis, Level == 'info')", [(1600, 11.5)]),
        ("Lines | summarize make_set(Level)", [(["info", "error", "warn"],)]),
        ("Lines | summarize arg_max(Millis, Line) by Level | where Level == 'info'", [("info", 20, "GET /orders 200")]),
        (
            "Lines | summarize count() by bin(TimeGenerated, 5m) | sort by TimeGenerated asc | project count_",
            [(1,), (1,), (3,)],
        ),
        ("Lines | summarize n = count() by Level | top 1 by n | project n", [(2,)]),
        ("Lines | where Line has 'pool' or Millis < 10 | project Millis", [(900,), (3,)]),
        ("Lines | where not(Level in ('info', 'warn')) and Line !has 'pool' | project Millis", [(700,)]),
        ("Lines | where Level !in~ ('INFO', 'ERROR') | project Level", [("warn",)]),
        ("Lines | where Line has_any ('500', '503') | count", [(2,)]),
        ("Lines | where Line matches regex @'\\s5\\d\\d' | count", [(2,)]),
        ("Lines | where TimeGenerated between (ago(5m) .. 2m) | count", [(1,)]),
        ("Lines | where TimeGenerated > now(-5m) | count", [(3,)]),
        ("let since = ago(5m); Lines | where TimeGenerated > since | count;", [(3,)]),
        ("Lines | where Millis > 1 | count", [(4,)]),  # null is greater than nothing
        ("Lines | where isnull(Millis) and isempty(Line) | project Level", [("warn",)]),
        ("Lines | extend Path = extract('(/[a-z]+)', 1, Line) | distinct Path", [("/orders",), ("/health",), ("",)]),
        ("Lines | where Level == 'info' | project x = case(Millis > 10, 'slow', 'fast')", [("slow",), ("fast",)]),
        ("Lines | take 1 | project strcat(Level, '-', Millis, '-', true)", [("info-20-True",)]),
        ("Lines | take 1 | project 7 / 2, 7 / 2.0, -7 / 2, 7 % 4, bin(7.5, 2)", [(3, 3.5, -3, 3, 6.0)]),
        ("Lines | take 1 | project 1 / 0, (TimeGenerated - ago(5m)) / 1m", [(None, 4.0)]),
        ("Lines | order by Level asc, Millis desc | project Millis", [(900,), (700,), (20,), (3,), (None,)]),
        ("Lines | order by Millis | take 1 | project Millis", [(900,)]),
        ("Lines | order by Millis asc | take 1 | project Millis", [(None,)]),
        ("Lines | order by Millis asc nulls last | take 1 | project Millis", [(3,)]),
        ("Lines | top 1 by strlen(Line) | project Millis", [(900,)]),
        ("Lines // a comment | take 0\n | where Line == \"GET /orders 200\" | count", [(1,)]),
        ("Lines | where Line has 'order' | count", [(0,)]),  # a term is whole
        ("Lines | where Line contains 'order' | count", [(3,)]),
        ("Lines | where Line contains_cs 'get' | count", [(0,)]),
        ("Lines | summarize count() by Level | render piechart", [("info", 2), ("error", 2), ("warn", 1)]),
        ("Lines | count | render timechart with (title='a, b', kind=stacked, ycolumns=x, y)", [(5,)]),
    ],
)  # fmt: skip
def test_answers_as_kusto_does(query: str, expected: list[tuple[Any, ...]]) -> None:
    assert rows(query) == expected


@pytest.mark.parametrize(
    ("function", "start"),
    [
        ("startofday", datetime(2026, 3, 2, tzinfo=UTC)),
        ("startofweek", datetime(2026, 3, 1, tzinfo=UTC)),  # a Sunday
        ("startofmonth", datetime(2026, 3, 1, tzinfo=UTC)),
        ("startofyear", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_what_begins_a_moment(function: str, start: datetime) -> None:
    assert rows(f"Lines | take 1 | project {function}(TimeGenerated)") == [(start,)]


def test_bins_of_time_are_counted_from_the_year_one() -> None:
    (week,) = rows("Lines | take 1 | project bin(TimeGenerated, 7d)")[0]
    assert (week.weekday(), week.hour) == (0, 0)


def test_results_have_kustos_types() -> None:
    table = ask("Lines | summarize count(), avg(Millis), max(TimeGenerated), sum(Share), make_set(Level), any(Level)")
    assert table.types == ("long", "real", "datetime", "real", "dynamic", "string")


@pytest.mark.parametrize(
    "query",
    [
        "Lines | join kind=inner (Other) on Level",
        "Lines | mv-expand Line",
        "Lines | make-series count() on TimeGenerated step 1m",
        "Lines | parse Line with * 'x'",
        "Lines | where",
        "Lines | where Level",
        "Lines | where Level == 5",
        "Lines | where TimeGenerated > 'yesterday'",
        "Lines | where count() > 1",
        "Lines | where Level matches regex '('",
        "Lines | where Level == 'x' take 5",
        "Lines | where Level === 'x'",
        "Lines | where nosuch(Level) == 1",
        "Lines | where level == 'x'",
        "Lines | extend Level + 1",
        "Lines | extend x = iff(Level, 1, 2)",
        "Lines | extend x = tolower(Millis)",
        "Lines | extend x = bin(TimeGenerated)",
        "Lines | project a = 1, a = 2",
        "Lines | summarize",
        "Lines | summarize Level",
        "Lines | summarize max(sum(Millis))",
        "Lines | summarize percentile(Millis, 101)",
        "Lines | sort Level",
        "Lines | top by Level",
        "Lines | take 1.5",
        "Lines | render hologram",
        "Lines | render table with (title=)",
        "Lines | where Line !has_any ('500')",
        "Lines | where Line !has_all ('500')",
        "Lines | where Line !matches regex '5'",
        "Lines | extend x = startofhour(TimeGenerated)",
        "Lines |",
        "Lines | | count",
        "Lines || count",
        "",
        "Lines | where Line == 'open",
        "let f = (x:long) { x }; Lines",
        "union kind=inner Lines, Lines",
        "Lines | extend x = ago(999999999d)",
        "Lines | extend x = " + "(" * 5000 + "1" + ")" * 5000,
        "Lines | where " + "not(" * 5000 + "true" + ")" * 5000,
        "Lines | where TimeGenerated > datetime(someday)",
    ],
)
def test_what_it_does_not_know_it_refuses_in_azures_shape(query: str) -> None:
    with pytest.raises(RefusedError) as refused:
        ask(query)
    assert refused.value.status == 400
    assert refused.value.code in ("BadArgumentError", "BadRequest")


WORDS = (
    "Lines",
    "where",
    "extend",
    "project",
    "summarize",
    "by",
    "order",
    "top",
    "in",
    "between",
    "asc",
    "nulls first",
)
SIGNS = ("|", "(", ")", ",", "..", "=", ";", "!", "[", "]", "*", "==", ">", "+", "-", "/", "and", "or", "not(", "let")
VALUES = ("Level", "Millis", "TimeGenerated", "['Level']", "5m", "'x'", "3", "true", "count()", "arg_max(", "iff(")


@given(st.lists(st.sampled_from(WORDS + SIGNS + VALUES), max_size=14))
def test_any_mixture_of_words_is_answered_or_refused(pieces: list[str]) -> None:
    try:
        table = ask("Lines " + " ".join(pieces))
    except RefusedError:
        return
    assert len(table.columns) == len(set(table.columns)) == len(table.types)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-50, 50) | st.none()), max_size=12))
def test_groups_lose_and_invent_nothing(pairs: list[tuple[str, int | None]]) -> None:
    table = KustoTable(("K", "N"), ("string", "long"), tuple({"K": key, "N": number} for key, number in pairs))
    grouped = run_query("T | summarize n = count(), s = sum(N) by K", {"T": table}, NOON)
    assert sum(line["n"] for line in grouped.rows) == len(pairs)
    assert sum(line["s"] or 0 for line in grouped.rows) == sum(number or 0 for _, number in pairs)
