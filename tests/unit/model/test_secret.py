"""No known secret is left in a text, however it is written; and what is no secret is left alone."""

import base64
import html
import json
import quopri
import shlex
import string
import textwrap
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.secret import KNOWN_SECRETS, MASK, SecretRegistry, compile_lead, names_a_secret, spelled_source
from cockpit.model.text import clean_line, clean_text, clean_unmasked, keep_whole

SECRET = "q7/P@ss w\"or'd&<ü>+\\ 9$x!"
SECRETS = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x1F6FF, exclude_categories=["C", "Z"]), min_size=8, max_size=20
)
ESCAPES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON in ASCII": lambda text: json.dumps(text)[1:-1],
    "JSON in Unicode": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON as Go writes it": lambda text: (
        json.dumps(text)[1:-1].replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")
    ),
    "JSON as .NET writes it": lambda text: (
        json.dumps(text)[1:-1].replace("+", r"\u002B").replace("'", r"\u0027").replace(r"\"", r"\u0022")
    ),
    "JSON as PHP writes it": lambda text: json.dumps(text)[1:-1].replace("/", r"\/"),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "HTML": html.escape,
    "HTML text": lambda text: html.escape(text, quote=False),
    "HTML as Go writes it": lambda text: html.escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),
    "HTML by number": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "JSON in HTML": lambda text: html.escape(json.dumps(text)[1:-1]),
    "address": lambda text: quote(text, safe=""),
    "path of an address": quote,
    "form": quote_plus,
    "address with small letters": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "address in an address": lambda text: quote(quote(text, safe=""), safe=""),
    "hex": lambda text: text.encode().hex(),
    "hex with capitals": lambda text: text.encode().hex().upper(),
    "shell quotes": shlex.quote,
    "shell backslashes": lambda text: "".join(each if each.isalnum() else f"\\{each}" for each in text),
    "Python": lambda text: repr(text)[1:-1],
    "Python in ASCII": lambda text: ascii(text)[1:-1],
    "Python bytes": lambda text: repr(text.encode())[2:-1],
    "base64 of it": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of more, 1": lambda text: base64.b64encode(b"u:" + text.encode() + b"\n").decode(),
    "base64 of more, 2": lambda text: base64.urlsafe_b64encode(b"u" + text.encode() + b"\n").decode(),
    "JSON in JSON in JSON": lambda text: json.dumps(json.dumps(json.dumps(text)))[5:-5],
    "hex with blanks": lambda text: text.encode().hex(" "),
    "hex with colons and capitals": lambda text: text.encode().hex(":").upper(),
    "hex with dashes": lambda text: text.encode().hex("-"),
    "hex of C": lambda text: ", ".join(f"0x{byte:02X}" for byte in text.encode()),
    "hex escapes": lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()),
    "hex escapes in JSON": lambda text: json.dumps("".join(f"\\x{byte:02X}" for byte in text.encode()))[1:-1],
    "hex in pairs, over lines": lambda text: wrap_text(text.encode().hex(" ", 2), 40),
    "a dump as hexdump writes it": lambda text: dump_bytes(text.encode()),
    "a dump as od writes it": lambda text: "\n".join(
        f"{start:07o} " + " ".join(f"{byte:03o}" for byte in text.encode()[start : start + 16])
        for start in range(0, len(text.encode()), 16)
    ),
    "octal escapes": lambda text: "".join(f"\\{byte:03o}" for byte in text.encode()),
    "octal escapes of echo": lambda text: "".join(f"\\0{byte:03o}" for byte in text.encode()),
    "octal escapes in JSON": lambda text: "".join(f"\\\\{byte:03o}" for byte in text.encode()),
    "a list of bytes": lambda text: json.dumps(list(text.encode())),
    "bytes as Go prints them": lambda text: str(list(text.encode())).replace(",", ""),
    "quoted-printable": lambda text: "".join(f"={byte:02X}" for byte in text.encode()),
    "wrapped": lambda text: "\n".join(textwrap.wrap(text, 7, drop_whitespace=False, break_on_hyphens=False)),
    "quoted-printable mail": lambda text: quopri.encodestring(b"m" * 70 + text.encode()).decode(),
    "base64 over lines": lambda text: base64.encodebytes(b"m" * 50 + text.encode() + b"n" * 60).decode(),
    "base64 over lines of Windows": lambda text: (
        base64.encodebytes(b"m" * 49 + text.encode()).decode().replace("\n", "\r\n")
    ),
    "base64 over lines of YAML": lambda text: wrap_text(
        base64.b64encode(b"m" * 44 + text.encode()).decode(), 64, "\n    "
    ),
    "base64 over lines in JSON": lambda text: json.dumps(base64.encodebytes(b"m" * 51 + text.encode()).decode())[1:-1],
    "base64 of UTF-16": lambda text: base64.b64encode(text.encode("utf-16-le")).decode(),
    "base64 of UTF-16, 1": lambda text: base64.b64encode(f"a{text}\r\n".encode("utf-16-le")).decode(),
    "base64 of UTF-16, 2, over lines": lambda text: base64.encodebytes(
        f"{'m' * 26}{text}".encode("utf-16-le")
    ).decode(),
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "base32 of more, 1": lambda text: base64.b32encode(f"u{text}\n".encode()).decode(),
    "base32 of more, 2, in small letters": lambda text: base64.b32encode(f"us{text}!".encode()).decode().lower(),
    "base32 of more, 3, over lines": lambda text: wrap_text(base64.b32encode(f"use{text}!!".encode()).decode(), 8),
    "base32 of more, 4": lambda text: base64.b32encode(f"user{text}".encode()).decode().rstrip("="),
    "UTF-16": lambda text: text.encode("utf-16-le").decode("latin-1") if text.isascii() else text,
}


def wrap_text(text: str, columns: int, line_end: str = "\n") -> str:
    return line_end.join(text[start : start + columns] for start in range(0, len(text), columns))


def dump_bytes(data: bytes) -> str:
    """As `hexdump -C`: the place, sixteen bytes, and what of them is ASCII."""
    lines = []
    for start in range(0, len(data), 16):
        row = data[start : start + 16]
        column = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{start:08x}  {row[:8].hex(' '):<23}  {row[8:].hex(' '):<23}  |{column}|")
    return "\n".join(lines)


def registry_of(*secrets: str) -> SecretRegistry:
    registry = SecretRegistry()
    for secret in secrets:
        registry.learn(secret)
    return registry


@given(secret=SECRETS)
def test_a_secret_is_masked_in_every_escape(secret: str) -> None:
    registry = registry_of(secret)
    for escape in ESCAPES.values():
        written = escape(secret)
        masked = registry.mask(f'{{"error": "no such thing: {written}"}}')
        assert MASK in masked
        assert written not in masked


@given(
    secret=st.text(string.ascii_letters + string.digits + "+/=._-~", min_size=12, max_size=30),
    before=st.binary(max_size=9),
)
def test_base64_is_masked_wherever_the_secret_stands_in_it(secret: str, before: bytes) -> None:
    masked = registry_of(secret).mask(base64.b64encode(before + secret.encode() + b"the rest").decode())
    # The letters around the dots tell at most some bits of the secret's first and last character.
    assert len(masked) <= len(base64.b64encode(before + b"the rest").decode()) + len(MASK) + 4
    assert MASK in masked


@pytest.mark.parametrize(
    ("secret", "part"),
    [
        ("Bearer abcd1234efgh", "abcd1234efgh"),
        ("token ghx-12345678", "ghx-12345678"),
        ("GenieKey 12ab-34cd-56ef", "12ab-34cd-56ef"),
        ("Basic " + base64.b64encode(b"grafana:open-sesame").decode(), "open-sesame"),
        ("Basic " + base64.b64encode(b"grafana:open-sesame").decode(), "grafana:open-sesame"),
        ("session=f00dfacecafe; Path=/", "f00dfacecafe"),
        ("Server=tcp:db.example.com;User ID=app;Password=Tr0ub4dor&3;", "Tr0ub4dor"),
        ("https://app:open-sesame@example.com/hook", "open-sesame"),
        ("https://example.com/hooks/4f9aK2mZpQ7sT1vX8bN3/go", "/hooks/4f9aK2mZpQ7sT1vX8bN3/go"),
        ("https://example.com/hooks/4f9aK2mZpQ7sT1vX8bN3/go", "4f9aK2mZpQ7sT1vX8bN3"),
        ("https://example.com/invoke?api-version=1&u=9sKd83Jd0aPq", "/invoke?api-version=1&u=9sKd83Jd0aPq"),
        ('"open-sesame-99"', "open-sesame-99"),
        ("left-half-771\tright-half-772", "right-half-772"),
        ("SharedAccessSignature sr=bus&sig=Abc%2Fdefghij%3D&se=1", "Abc/defghij="),
    ],
)
def test_what_is_secret_in_a_secret_is_masked_by_itself(secret: str, part: str) -> None:
    assert part not in registry_of(secret).mask(f"refused: {part}!")


def test_a_connection_string_does_not_make_its_server_a_secret() -> None:
    text = "no route to db.example.com"
    assert registry_of("Server=tcp:db.example.com;User ID=app;Password=Tr0ub4dor&3;").mask(text) == text


@pytest.mark.parametrize(
    "address",
    [
        "https://app:open-sesame@example.com/inventory/orders",
        "https://example.com/tenants/8080f3a0-1234-4e5f-8080-000000008080?api-version=2024-05-01-preview",
        "https://example.com/until?se=2026-01-01T00:00:00Z",
    ],
)
def test_words_versions_times_and_ids_of_a_secret_address_stay(address: str) -> None:
    text = address.partition("example.com")[2]
    assert registry_of(address).mask(f"GET {text} 404") == f"GET {text} 404"


@pytest.mark.parametrize(
    "text",
    [
        "shopping at shop-api--7f9c8b6",
        "https://shop.example.com/shop",
        "localhost:8080",
        "registry.example.com/shop:prod",
        "production",
        "pid 180801",
        "sha256:5f3c8080a1b2c3",
        "8080f3a0-prod-4e5f-8080-000000008080",
    ],
)
def test_a_short_secret_is_not_masked_inside_of_a_longer_word(text: str) -> None:
    assert registry_of("shop", "prod", "8080").mask(text) == text


@pytest.mark.parametrize("text", ["Bearer {}", '{{"key":"{}"}}', "password={}&a=1", "it is {}.", "app:{}@db", "'{}'"])
def test_a_short_secret_is_masked_where_it_stands_alone(text: str) -> None:
    assert registry_of("prod").mask(text.format("prod")) == text.format(MASK)


@given(
    secret=st.text(string.ascii_letters + string.digits, min_size=16, max_size=60),
    name=st.one_of(st.uuids().map(str), st.binary(min_size=20, max_size=32).map(bytes.hex)),
)
def test_digests_ids_and_revision_names_stay(secret: str, name: str) -> None:
    registry = registry_of(secret, f"Bearer {secret}")
    for text in (name, f"sha256:{name}", f"shop-api--{name[:7]}", f"/subscriptions/{name}/providers/Microsoft.App"):
        assert registry.mask(text) == text


@given(text=st.text())
def test_what_holds_no_secret_is_left_as_it_is(text: str) -> None:
    assert registry_of("an-unlikely-secret-9f8e7d").mask(text) == text


def test_the_door_masks_before_it_cuts_so_that_no_half_of_a_secret_is_left() -> None:
    KNOWN_SECRETS.learn("open-sesame-now")
    assert "open" not in clean_line("refused: open-sesame-now", 14)
    assert "open" not in clean_text("refused:\nopen-sesame-now", 14)


def test_bytes_are_masked_like_text() -> None:
    KNOWN_SECRETS.learn("open-sesame-now")
    assert clean_text(b"refused: open-sesame-now\xff") == f"refused: {MASK}\ufffd"


def test_what_is_run_or_sent_again_keeps_its_secrets() -> None:
    KNOWN_SECRETS.learn("open-sesame-now")
    assert clean_unmasked("curl -H 'X-Key: open-sesame-now'\r\n") == "curl -H 'X-Key: open-sesame-now'\n"
    assert keep_whole("https://example.com/?key=open-sesame-now") == "https://example.com/?key=open-sesame-now"


JOINED_LETTERS = st.text("abqz0179", min_size=3, max_size=12).map(str.encode)


@given(st.lists(JOINED_LETTERS, min_size=1, max_size=30), JOINED_LETTERS, st.data())
def test_no_hint_is_passed_over_in_the_one_pass_for_all(hints: list[bytes], before: bytes, data: st.DataObject) -> None:
    lead = compile_lead(hints)
    assert lead.search(before + data.draw(st.sampled_from(hints)) + before)


@given(
    st.lists(st.text("0123456789abcdef", min_size=4, max_size=8), min_size=4, max_size=6),
    st.sampled_from(["", "-", ":"]),
    st.booleans(),
)
def test_a_number_in_hex_is_known_in_small_letters_and_in_capitals(
    groups: list[str], separator: str, learned_in_capitals: bool
) -> None:
    secret = separator.join(groups)
    registry = registry_of(secret.upper() if learned_in_capitals else secret)
    for printed in (secret, secret.upper(), secret.title(), json.dumps(secret.upper())[1:-1]):
        assert registry.mask(f"key {printed}.") == f"key {MASK}."


@pytest.mark.parametrize("word", ["CORRECT-HORSE-BATTERY", "Correct-Horse-Battery", "yrettab-esroh-tcerroc"])
def test_another_case_of_words_and_what_is_turned_round_is_not_seen_through(word: str) -> None:
    assert registry_of("correct-horse-battery").mask(word) == word  # said in the manual


def test_masking_twice_changes_nothing_more() -> None:
    registry = registry_of(SECRET)
    assert registry.mask(registry.mask(f"a {SECRET} b")) == f"a {MASK} b"


def test_several_secrets_and_one_inside_of_another() -> None:
    registry = registry_of("first-secret", "first-secret-and-more", "second-secret")
    assert registry.mask("first-secret-and-more second-secret first-secret") == f"{MASK} {MASK} {MASK}"


@pytest.mark.parametrize("character", [*string.printable, "ü", "€", "😀"])
def test_no_escape_of_a_character_can_be_read_in_two_ways(character: str) -> None:
    """Two ways to read each of twenty escapes are a million ways to read all: a text that ends within them hung."""
    codes = spelled_source(character).split("(?i:", 1)[1].partition(")")[0].split("|")
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    "name",
    [
        "PASSPHRASE",
        "DB_PASS",
        "db-pass",
        "MYSQL_PWD",
        "ADMIN_PW",
        "STORAGE_KEY",
        "AccessKey",
        "account-key",
        "api-key",
        "API_KEYS",
        "private-key",
        "REDISCLI_AUTH",
        "CREDENTIALS",
        "JWT",
        "SAS",
        "connection-string",
        "CONN_STR",
        "TOKEN_2",
        "TOKENS",
        "github_pat",
        "SECRET_OLD",
    ],
)
def test_the_value_of_such_a_name_is_a_secret(name: str) -> None:
    assert names_a_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "PWD",
        "OLDPWD",
        "KEY_VAULT",
        "ACCESS_KEY_ID",
        "TOKEN_ENDPOINT",
        "PASSED",
        "BYPASS",
        "COMPASS",
        "AUTH_URL",
        "KEY",
        "PRIMARY_KEY",
        "MONKEY",
        "AUTHOR",
        "COOKIE_DOMAIN",
        "PASS_COUNT",
    ],
)
def test_the_value_of_such_a_name_is_none(name: str) -> None:
    assert not names_a_secret(name)
