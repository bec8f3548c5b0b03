"""The condition language: what holds, what does not and why, and what is refused before it could be falsely green."""

import pytest

from cockpit.model.conditions import ConditionError, ProbeAnswer, check_condition, parse_condition

SICK = ProbeAnswer(
    connected=True,
    status=503,
    headers={"Content-Type": "application/json", "X-Depth": "12"},
    body=(
        b'{"status":"sick","queue":"n/a","load":0.9,"depth":"7","ok":true,"none":null,"tags":["a","b"],'
        b'"items":[{"id":5},{"id":6}],"odd name":{"a.b":1}}'
    ),
    ip="10.1.2.3",
    http_version="HTTP/1.1",
    response_time=0.4123,
    dns_time=0.002,
    certificate_expiration=13.4 * 86_400,
)


@pytest.mark.parametrize(
    "text",
    [
        "[STATUS] == 503",
        "[STATUS]==503",
        "503 == [STATUS]",
        "500 <= [STATUS]",
        "[STATUS] != 200",
        "[STATUS] == any(200, 503)",
        "[STATUS] == pat(5??)",
        "[CONNECTED] == true",
        "[IP] == pat(10.*)",
        "[IP] != 10.1.2.4",
        "[HTTP_VERSION] == HTTP/1.1",
        "[HTTP_VERSION] < 2",
        "[RESPONSE_TIME] < 500",
        "[RESPONSE_TIME] < 0.5s",
        "[RESPONSE_TIME] > 412ms",
        "[DNS_TIME] < [RESPONSE_TIME]",
        "[CERTIFICATE_EXPIRATION] > 48h",
        "[CERTIFICATE_EXPIRATION] > 1w6d",
        "[BODY].status == sick",
        "[BODY].status == 'sick'",
        '[BODY].status != "healthy"',
        "[BODY].status == any(sick, 'not well')",
        "[BODY].load > 0.5",
        "[BODY].load == 0.90",
        "[BODY].depth >= 7",
        "[BODY].ok == true",
        "[BODY].none == null",
        "[BODY].items[1].id == 6",
        "[BODY].items[0].id < [BODY].items[1].id",
        '[BODY]."odd name"."a.b" == 1',
        """[BODY].tags == '["a","b"]'""",
        "[BODY] == pat(*sick*)",
        "len([BODY].items) == 2",
        "len([BODY].status) == 4",
        "len([BODY]) == 9",
        "has([BODY].none) == true",
        "has([BODY].errors) == false",
        "has([HEADER].x-depth) == true",
        "[HEADER].content-type == application/json",
        "[HEADER].X-Depth > 9",
    ],
)
def test_a_true_condition_holds(text: str) -> None:
    assert check_condition(parse_condition(text), SICK) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[STATUS] == 200", "[STATUS] (503) == 200"),
        ("200 == [STATUS]", "[STATUS] (503) == 200"),
        ("[STATUS] == any(200, 204)", "[STATUS] (503) == any(200, 204)"),
        ("[BODY].status == healthy", "[BODY].status (sick) == healthy"),
        ("[RESPONSE_TIME] < 300ms", "[RESPONSE_TIME] (412.3ms) < 300ms"),
        ("[CERTIFICATE_EXPIRATION] > 14d", "[CERTIFICATE_EXPIRATION] (13.4d) > 14d"),
        ("[RESPONSE_TIME] < [DNS_TIME]", "[RESPONSE_TIME] (412.3ms) < [DNS_TIME] (2ms)"),
        ("len([BODY].items) > 2", "len([BODY].items) (2) > 2"),
        ("has([BODY].status) == false", "has([BODY].status) (true) == false"),
        ("[IP] == pat(192.168.*)", "[IP] (10.1.2.3) == pat(192.168.*)"),
        ("[CONNECTED] != true", "[CONNECTED] (true) != true"),
    ],
)
def test_a_false_condition_shows_the_value_it_saw(text: str, shown: str) -> None:
    failed = check_condition(parse_condition(text), SICK)
    assert failed is not None
    assert failed.shown == shown
    assert failed.condition.text == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[BODY].missing < 5", "[BODY].missing (missing) < 5"),
        ("[BODY].missing != fatal", "[BODY].missing (missing) != fatal"),
        ("[BODY].items[9].id == 5", "[BODY].items[9].id (missing) == 5"),
        ("[BODY].status.deeper == 5", "[BODY].status.deeper (missing) == 5"),
        ("[BODY].queue < 10", "[BODY].queue (n/a: not a number) < 10"),
        ("[BODY].queue != 10", "[BODY].queue (n/a: not a number) != 10"),
        ("[BODY].ok < 10", "[BODY].ok (true: not a number) < 10"),
        ("len([BODY].ok) > 0", "len([BODY].ok) (has no length) > 0"),
        ("[HEADER].X-None == 1", "[HEADER].X-None (missing) == 1"),
        ("[TLS_TIME] < 1s", "[TLS_TIME] (not reached) < 1s"),
    ],
)
def test_what_the_answer_lacks_is_false_with_its_reason(text: str, shown: str) -> None:
    failed = check_condition(parse_condition(text), SICK)
    assert failed is not None
    assert failed.shown == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[STATUS] == 200", "[STATUS] (no answer) == 200"),
        ("[IP] == 10.0.0.1", "[IP] (no address) == 10.0.0.1"),
        ("[HTTP_VERSION] == 2", "[HTTP_VERSION] (no answer) == 2"),
        ("[RESPONSE_TIME] < 1s", "[RESPONSE_TIME] (not reached) < 1s"),
        ("[CERTIFICATE_EXPIRATION] > 1d", "[CERTIFICATE_EXPIRATION] (no certificate) > 1d"),
        ("[BODY].status == healthy", "[BODY].status (body is empty) == healthy"),
        ("[CONNECTED] == true", "[CONNECTED] (false) == true"),
    ],
)
def test_no_answer_at_all_makes_every_condition_false(text: str, shown: str) -> None:
    failed = check_condition(parse_condition(text), ProbeAnswer(connected=False))
    assert failed is not None
    assert failed.shown == shown


def test_a_body_that_is_not_json_has_no_fields() -> None:
    failed = check_condition(parse_condition("[BODY].status == healthy"), ProbeAnswer(True, 200, body=b"<html>"))
    assert failed is not None
    assert failed.shown == "[BODY].status (body is not JSON) == healthy"


def test_the_whole_body_is_text() -> None:
    assert check_condition(parse_condition("[BODY] == pong"), ProbeAnswer(True, 200, body=b"pong")) is None
    assert check_condition(parse_condition("len([BODY]) == 4"), ProbeAnswer(True, 200, body=b"pong")) is None


@pytest.mark.parametrize(
    ("text", "reason", "suggestion"),
    [
        ("[STATSU] < 300", "asks for `[STATSU]`, which is not known", "[STATUS]"),
        ("[BODY.status] == ok", "not known", "[BODY].status"),
        ("STATUS == 200", "one side must be a placeholder", "[STATUS]"),
        ("BODY.status == ok", "one side must be a placeholder", "[BODY].status"),
        ("[DOMAIN_AGE] > 1d", "the placeholders are [STATUS]", ""),
        ("1 == 1", "one side must be a placeholder", ""),
        ("leng([BODY].items) > 0", "the functions are len, has, pat, any", "len"),
        ("len([STATUS]) > 0", "len() on [STATUS]", ""),
        ("[STATUS] = 200", "uses `=`", "=="),
        ("[STATUS] => 200", "uses `=>`", ">="),
        ("[CONNECTED]", "needs an operator", "[CONNECTED] == true"),
        ("[STATUS] ==", "nothing on the right", ""),
        ("== 200", "nothing on the left", ""),
        ("[STATUS == 200", "never closes", ""),
        ("[BODY].a == 'x", "a quote that is not closed", ""),
        ("'a == [BODY].x", "never closes its '", ""),
        ("'a' 'b' == [BODY].x", "a quote that is not closed", ""),
        ("[STATUS] == ok", "not a number", ""),
        ("[STATUS] == 2xx", "not a number", "pat(2??)"),
        ("[STATUS].code == 2", "has no parts", "[STATUS]"),
        ("[HEADER] == x", "needs the header's name", "[HEADER].Content-Type"),
        ("[BODY]..a == 1", "path that cannot be read", '[BODY].items[0]."odd name"'),
        ("[RESPONSE_TIME] < 300sec", "has no known unit (sec)", "300s"),
        ("[RESPONSE_TIME] < 300MSEC", "has no known unit (MSEC)", "300ms"),
        ("[RESPONSE_TIME] < fast", "is not a duration", ""),
        ("[CERTIFICATE_EXPIRATION] > 14", "without a unit", "14d"),
        ("[CERTIFICATE_EXPIRATION] > 14days", "has no known unit (days)", "14d"),
        ("[CONNECTED] == yes", "it is true or false", "true"),
        ("[CONNECTED] < true", "only == and !=", ""),
        ("[IP] > 10.0.0.1", "only == and !=", ""),
        ("[STATUS] < any(200, 300)", "only == and !=", ""),
        ("[STATUS] == any()", "a list that cannot be read", "any(200, 204)"),
        ("[STATUS] == any(200,)", "a list that cannot be read", "any(200, 204)"),
        ("[RESPONSE_TIME] == pat(3*)", "with a pattern", ""),
        ("[BODY].queue < many", "not a number", ""),
        ("[STATUS] < [RESPONSE_TIME]", "compares [STATUS], a number, with [RESPONSE_TIME], a duration", ""),
        ("", "needs an operator", ""),
        ("[STATUS]\n== 200", "control character", ""),
        ("[BODY].x == \x1b[31m", "control character", ""),
        ("[BODY].x == " + "y" * 1_000, "longer than 1000", ""),
    ],
)
def test_a_condition_that_can_never_be_right_is_refused(text: str, reason: str, suggestion: str) -> None:
    with pytest.raises(ConditionError) as refused:
        parse_condition(text)
    assert reason in refused.value.reason
    assert refused.value.suggestion == suggestion


def test_hostile_text_of_an_answer_is_cleaned_and_bounded_before_it_is_shown() -> None:
    failed = check_condition(
        parse_condition("[BODY] == pong"), ProbeAnswer(True, 200, body=b"\x1b]52;c;aGk=\x07\r\n" + b"A" * 1_000_000)
    )
    assert failed is not None
    assert "\x1b" not in failed.shown
    assert "\n" not in failed.shown
    assert len(failed.shown) < 200
