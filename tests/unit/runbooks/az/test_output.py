"""az's printing, rule by rule. What is expected here is what knack, az's own printer, writes for the same input."""

from collections.abc import Mapping
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.runbooks.az import shapes
from cockpit.runbooks.az.output import NoTableError, format_az_output

REVISIONS: list[dict[str, Any]] = [
    {
        "id": "/subscriptions/s/resourceGroups/shop-rg/providers/Microsoft.App/containerapps/shop/revisions/shop--r42",
        "name": "shop--r42",
        "type": "Microsoft.App/containerapps/revisions",
        "properties": {
            "createdTime": "2026-02-20T02:00:00+00:00",
            "fqdn": "shop.example.com",
            "template": {"containers": []},
            "active": False,
            "replicas": 0,
            "trafficWeight": 0,
            "provisioningError": None,
            "healthState": "None",
            "provisioningState": "Deprovisioned",
        },
    },
    {
        "id": "/subscriptions/s/resourceGroups/shop-rg/providers/Microsoft.App/containerapps/shop/revisions/shop--r43",
        "name": "shop--r43",
        "type": "Microsoft.App/containerapps/revisions",
        "properties": {
            "createdTime": "2026-02-26T00:00:00+00:00",
            "template": {"containers": []},
            "active": True,
            "replicas": 2,
            "trafficWeight": 100,
            "healthState": "Healthy",
            "provisioningState": "Provisioned",
        },
    },
]


def lines(text: str) -> str:
    return dedent(text).lstrip("\n")


def test_json_is_sorted_indented_by_two_and_not_escaped() -> None:
    assert format_az_output({"b": [1, None, True], "a": "Zürich", "c": {}}) == lines("""
        {
          "a": "Zürich",
          "b": [
            1,
            null,
            true
          ],
          "c": {}
        }
        """)


@pytest.mark.parametrize(
    ("result", "said"), [("Activate succeeded", '"Activate succeeded"\n'), (None, ""), ([], "[]\n"), (False, "false\n")]
)
def test_json_of_what_is_no_object(result: Any, said: str) -> None:
    assert format_az_output(result) == said


def test_a_query_that_finds_nothing_prints_nothing() -> None:
    for output in ("json", "table", "tsv", "none"):
        assert format_az_output({"a": 1}, output=output, query="b") == ""


def test_none_prints_nothing_at_all() -> None:
    assert format_az_output(REVISIONS, output="none") == ""


def test_a_table_of_a_query_keeps_the_columns_in_the_order_asked_for() -> None:
    query = "[].{name:name, active:properties.active, created:properties.createdTime}"
    assert format_az_output(REVISIONS, output="table", query=query) == lines("""
        Name       Active    Created
        ---------  --------  -------------------------
        shop--r42  False     2026-02-20T02:00:00+00:00
        shop--r43  True      2026-02-26T00:00:00+00:00
        """)


def test_the_table_of_revisions_has_the_columns_az_chose_in_the_order_of_the_answer() -> None:
    rows = shapes.each_or_one(shapes.revision_row)
    assert format_az_output(REVISIONS, output="table", rows=rows) == lines("""
        CreatedTime                Active    Replicas    TrafficWeight    HealthState    ProvisioningState    Name
        -------------------------  --------  ----------  ---------------  -------------  -------------------  ---------
        2026-02-20T02:00:00+00:00  False     0           0                None           Deprovisioned        shop--r42
        2026-02-26T00:00:00+00:00  True      2           100              Healthy        Provisioned          shop--r43
        """)


def test_a_table_nobody_chose_columns_for_is_sorted_and_has_only_what_is_plain() -> None:
    traffic = [{"weight": 80, "revisionName": "shop--r42", "label": "stable"}, {"weight": 20, "latestRevision": True}]
    assert (
        format_az_output([*traffic, {"id": "x", "type": "y", "etag": "z", "weight": None}], output="table")
        == lines("""
        Label    RevisionName    Weight    LatestRevision
        -------  --------------  --------  ----------------
        stable   shop--r42       80
                                 20        True
        """)
        + "\n"
    )


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ("text", "Result\n--------\ntext\n"),
        (["a", "b"], "Result\n--------\na\nb\n"),
        ([["a", 1], ["b", 2]], "Column1    Column2\n---------  ---------\na          1\nb          2\n"),
        ([], "\n"),
        ({"version": "1.10", "count": 5.0}, "Count    Version\n-------  ---------\n5.0      1.10\n"),
    ],
)
def test_tables_of_other_shapes(result: Any, said: str) -> None:
    assert format_az_output(result, output="table") == said


@pytest.mark.parametrize(
    ("result", "query", "said"),
    [
        ("shop.example.com", "", "shop.example.com\n"),
        (["a", "b"], "", "a\nb\n"),
        ([["a", 1, None], ["b", 2, True]], "", "a\t1\tNone\nb\t2\tTrue\n"),
        ([True, False, None], "", "true\nfalse\nNone\n"),
        ({"b": 2, "a": 1}, "", "1\t2\n"),  # by name
        ({"b": 2, "a": 1}, "{x:b, y:a}", "2\t1\n"),  # as asked for
        ({"a": [1, 2, 3], "b": {"c": 1}, "d": "x"}, "", "3\t\tx\n"),  # a list is its length, an object nothing
        ([], "", ""),
        ({"p": {"q": "r"}}, "p.q", "r\n"),
    ],
)
def test_tsv(result: Any, query: str, said: str) -> None:
    assert format_az_output(result, output="tsv", query=query) == said


def test_databases_have_their_own_columns() -> None:
    body = {
        "name": "shop",
        "id": "/subscriptions/s/resourceGroups/shop-rg/providers/Microsoft.Sql/servers/srv/databases/shop",
        "sku": {"name": "Basic", "tier": "Basic", "capacity": 5},
        "properties": {"maxSizeBytes": 2 * 1024**3, "status": "Online", "elasticPoolId": None},
    }
    database = shapes.shape_database(body)
    assert (database["status"], database["resourceGroup"], database["edition"]) == ("Online", "shop-rg", "Basic")
    assert format_az_output([database], output="table", rows=shapes.each_or_one(shapes.database_row)) == lines("""
        Name    Tier    Family    Capacity    MaxSize    ElasticPool
        ------  ------  --------  ----------  ---------  -------------
        shop    Basic             5           2GB
        """)


@pytest.mark.parametrize(
    ("size", "said"), [(0, "0TB"), (1, "1B"), (1536, "1536B"), (2048, "2kB"), (1024**3, "1GB"), (3 * 1024**4, "3TB")]
)
def test_sizes_are_in_the_largest_unit_that_divides_them(size: int, said: str) -> None:
    assert shapes.format_byte_size(size) == said


def test_metrics_are_a_row_for_each_point() -> None:
    series = {
        "metadatavalues": [{"name": {"localizedValue": "revisionname"}, "value": "shop--r42"}],
        "data": [{"timeStamp": "2026-02-27T02:00:00+00:00", "total": 3.0}, {"timeStamp": "2026-02-27T02:01:00Z"}],
    }
    answer = {"value": [{"name": {"localizedValue": "Requests"}, "timeseries": [series]}]}
    assert format_az_output(answer, output="table", rows=shapes.metric_rows) == lines("""
        Timestamp             Name      Revisionname    Total
        --------------------  --------  --------------  -------
        2026-02-27 02:00:00   Requests  shop--r42       3.0
        2026-02-27T02:01:00Z  Requests  shop--r42
        """)


def test_what_fits_no_table_says_what_to_do() -> None:
    with pytest.raises(NoTableError, match="--query"):
        format_az_output([{"name": "x"}], output="table", rows=shapes.each_or_one(shapes.database_row))


def test_a_query_that_fails_on_the_result_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="abs"):
        format_az_output({"a": "text"}, query="abs(a)")


def test_resource_groups_are_added_where_there_is_an_id_and_nothing_is_changed_in_place() -> None:
    found = shapes.with_groups(REVISIONS)
    assert [each["resourceGroup"] for each in found] == ["shop-rg", "shop-rg"]
    assert "resourceGroup" not in REVISIONS[0]
    assert shapes.with_groups({"id": "/subscriptions/s"}) == {"id": "/subscriptions/s"}
    assert shapes.with_groups({"id": 7, "ResourceGroup": "x"}) == {"id": 7, "ResourceGroup": "x"}


HOSTILE = "\x1b[31mred\x07 \u202eright\x9b"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


def test_hostile_text_in_a_result_reaches_nobodys_terminal() -> None:
    for output in ("json", "table", "tsv"):
        said = format_az_output([{"name": HOSTILE}], output=output)
        assert not set(said) & set("\x1b\x07\u202e\x9b")


@given(JSON, st.sampled_from(["json", "table", "tsv", "none"]))
def test_anything_is_printed_or_refused_as_no_table(result: Any, output: str) -> None:
    try:
        said = format_az_output(result, output=output)
    except NoTableError:
        assert output == "table"
    else:
        assert isinstance(said, str)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=5))
def test_rows_never_stumble_over_a_revision_or_an_app_that_lacks_fields(body: Mapping[str, Any]) -> None:
    assert format_az_output(shapes.revision_row(body), output="json")
    assert format_az_output(shapes.app_row(body), output="json")
    assert format_az_output(shapes.shape_database(body), output="json")
