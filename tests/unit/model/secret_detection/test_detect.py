"""What gives itself away as a secret is found in what commands print; what only looks like one stays to the letter.

`detect-secrets`, which looks for secrets in code, judges as well: what its rules find is not shown here either.
"""

import base64
import json
import string
import uuid
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from hypothesis import assume, example, given
from hypothesis import strategies as st

from cockpit.model.secret_detection.detect import DOTS, find_tokens, hide_detected_secrets
from cockpit.model.secret_detection.patterns import NAMES, TOKENS
from cockpit.model.secret_detection.stream import LONGEST_HELD, DetectedSecretMask
from cockpit.model.text import clean_line, clean_text

OUTPUTS = Path(__file__).parent / "outputs"
WITH = (OUTPUTS / "with_secrets.txt").read_text().partition("\n")[2].split("%%\n")
WITHOUT = (OUTPUTS / "without_secrets.txt").read_text()
# As people, generators and clouds make them.
VALUES = [
    "Hunter2x9Qq7Zz",
    "kD83hs/+9aAxQ==",
    "p@ss-w0rd!long",
    "Zm9vYmFyYmF6cXV4MTIz",
    "a8f5f167f44f4964e6c998dee827110c",
]
JWT = ".".join(
    base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (b'{"alg":"x"}', b'{"sub":"2"}', b"signed")
)
UPPER, LOWER, HEX = "ABCDEFGHIJKLMNOPQRST", "abcdefghijklmnopqrstuvwxyz0123456789abcd", "0123456789abcdef" * 4
# One for each row of the table, with what of it may still be read.
SAMPLES: dict[str, tuple[str, ...]] = {
    "JSON web token": (JWT, f"{JWT.split('.')[0]}..{LOWER}.{LOWER}.{LOWER}"),
    "AWS key id": (f"AKIA{UPPER[:16]}", f"ASIA{UPPER[:16]}"),
    "Azure client secret": (f"abc8Q~{LOWER[:34]}",),
    "Azure key": (f"{HEX[:36]}AzSeA1b2C3==", f"{HEX[:42]}+ACRDa1b2c3", f"{HEX[:64]}JQQJ99BFACYeBjFXJ3w3AAAA"),
    "Google API key": (f"AIza{LOWER[:35]}",),
    "Google access token": (f"ya29.{LOWER}",),
    "Google client secret": (f"GOCSPX-{LOWER[:28]}",),
    "Google refresh token": (f"1//0{LOWER}",),
    "IBM or Softlayer address": (f"https://api.softlayer.com/soap/v3/{HEX}",),
    "DigitalOcean token": (f"dop_v1_{HEX}",),
    "GitHub token": (f"ghp_{LOWER[:36]}", f"ghs_{LOWER[:36]}"),
    "GitHub fine-grained token": (f"github_pat_{LOWER[:22]}_{LOWER}",),
    "GitLab token": (f"glpat-{LOWER[:20]}", f"glrt-{LOWER[:20]}", f"gldt-{LOWER[:20]}"),
    "GitLab runner token": (f"GR1348941{LOWER[:20]}",),
    "npm token": (f"npm_{LOWER[:36]}",),
    "PyPI token": (f"pypi-AgEIcHlwaS5vcmc{LOWER}",),
    "Docker Hub token": (f"dckr_pat_{LOWER[:27]}",),
    "RubyGems token": (f"rubygems_{HEX[:48]}",),
    "NuGet key": (f"oy2{LOWER[:43].ljust(43, 'a')}",),
    "Artifactory key": (f"AKC{LOWER[:20]}",),
    "Artifactory password": (f"x=AP6{LOWER[:12]}",),
    "Slack token": ("xoxb-123456789012-123456789012-abcdefghijkl", "xapp-1-A012-345-abcdef"),
    "Slack webhook": ("https://hooks.slack.com/services/T00AAAAAA/B00AAAAAA/abcdefghijklmnop",),
    "Teams webhook": (f"https://x.webhook.office.com/webhookb2/{uuid.UUID(int=7)}@{uuid.UUID(int=8)}/IncomingWebhook/x",),
    "Discord webhook": (f"https://discord.com/api/webhooks/123456/{LOWER}",),
    "Discord token": (f"M{LOWER[:23]}.abc123.{LOWER[:27]}",),
    "Telegram token": (f"bot123456789:AA{LOWER[:33]}",),
    "Stripe key": (f"sk_live_{LOWER[:24]}", f"rk_test_{LOWER[:24]}"),
    "webhook secret": (f"whsec_{LOWER[:32]}",),
    "Square secret": (f"sq0csp-{LOWER[:40]}xyz",),
    "Shopify token": (f"shpat_{HEX[:32]}",),
    "Twilio key": (f"SK{HEX[:32]}",),
    "Twilio account": (f"AC{HEX[:32]}",),
    "SendGrid key": (f"SG.{LOWER[:22]}.{LOWER}abc",),
    "Mailchimp key": (f"{HEX[:32]}-us12",),
    "Mailgun key": (f"key-{HEX[:32]}",),
    "Vault token": (f"hvs.{LOWER[:24]}",),
    "Terraform token": (f"{LOWER[:14]}.atlasv1.{LOWER}",),
    "Databricks token": (f"dapi{HEX[:32]}",),
    "Grafana token": (f"glsa_{LOWER[:32]}_{HEX[:8]}",),
    "Grafana key": ("eyJrIjoiT0tTcG1pUlY2RnVKZTFVaDFsNFZXdE9ZWmNrMkZYbk",),
    "New Relic key": (f"NRAK-{UPPER}1234567",),
    "Sentry token": (f"sntrys_{LOWER}",),
    "Atlassian token": (f"ATATT3xFfGF0{LOWER}",),
    "Linear key": (f"lin_api_{LOWER}",),
    "Notion token": (f"ntn_{LOWER}",),
    "Postman key": (f"PMAK-{HEX[:24]}-{HEX[:34]}",),
    "Pulumi token": (f"pul-{HEX[:40]}",),
    "Doppler token": (f"dp.pt.{LOWER}",),
    "PlanetScale token": (f"pscale_tkn_{LOWER}",),
    "key of a language model": (f"sk-proj-{LOWER}", f"sk-{LOWER}"),
    "Hugging Face token": (f"hf_{LOWER[:34]}",),
    "Supabase token": (f"sbp_{HEX[:40]}",),
    "Tailscale key": (f"tskey-auth-k123{LOWER[:12]}-{LOWER}",),
    "Brevo key": (f"xkeysib-{HEX}-{LOWER[:16]}",),
    "Dynatrace token": (f"dt0c01.{UPPER}ABC7.{(UPPER * 4)[:63]}7",),
    "HubSpot token": (f"pat-na1-{uuid.UUID(int=7)}",),
    "LangSmith key": (f"lsv2_pt_{HEX[:32]}_{HEX[:10]}",),
    "Alibaba key id": ("LTAI5tAbCdEfGh1234567890",),
    "Facebook or Square token": (f"EAAC{LOWER}{LOWER}",),
    "EasyPost key": (f"EZAK{HEX[:54]}",),
    "Dropbox token": (f"sl.{LOWER}{LOWER}",),
    "Mapbox token": (f"sk.eyJ1Ijoi{LOWER}.abc",),
    "Artifactory reference": (f"cmVmdGtuOjAx{LOWER}",),
    "Vercel token": ("vercel_AbCdEfGh1234567890AbCdEf",),
    "code in an address": (f"https://x.example.com/callback?code={LOWER[:30]}&state=1",),
    "unseal key": (f"Unseal Key 1: {LOWER[:33]}",),
    "password in SQL": ("ALTER USER app WITH PASSWORD 'hunter2x';", "IDENTIFIED BY 'hunter2x'"),
    "secure string": ("ConvertTo-SecureString 'hunter2x' -AsPlainText",),
    "password of curl": ("curl -s -u ops:hunter2x https://x.example.com",),
    "password of mysql": ("mysql -h db -uops -phunter2x shop",),
    "password of a login": ("docker login -u ops -p hunter2x registry.example.com",),
    "password of sqlcmd": ("sqlcmd -S db -U ops -P hunter2x",),
    "password of redis-cli": ("redis-cli -h cache -a hunter2x ping",),
    "age key": (f"AGE-SECRET-KEY-1{UPPER}{UPPER}",),
    "password hash": ("o:$6$saltsalt$abcdefghijklmno:1", "$2b$12$abcdefghijklmnopqrstuv", "$argon2id$v=19$m=65536$abc"),
    "SCRAM verifier": ("SCRAM-SHA-256$4096:c2FsdHNhbHQ=$c3RvcmVk:c2VydmVy",),
    "private key in base64": (base64.b64encode(b"-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKC").decode(),),
    "password in an address": ("https://ops:hunter2@x.example.com", "redis://:hunter2@cache:6379", "amqp://a:p/w@mq"),
    "token in an address": (f"https://{LOWER[:32]}@sentry.example.com/7",),
    "token of a clone": ("https://ops0token0x1@github.com/x/y.git",),
    "password of a netrc": ("machine x login ops password hunter2",),
    "line of a pgpass": ("db:5432:shop:app:hunter2",),
    "storage key by itself": ("key1 " + "Ab1/" * 21 + "aa==",),
    "scheme of a header": ("sent Bearer abcdefgh12345678",),
    "key of a message service": (f"GenieKey {uuid.UUID(int=9)}",),
    "secret of a vault": (
        '{"id": "https://x.vault.azure.net/secrets/db/0a1b", "name": "db", "tags": {}, "value": "plain horse"}',
        '{"ARN": "arn:aws:secretsmanager:x", "SecretString": "q7Zt41mWc"}',
    ),
    "sensitive output": ('{"db": {"sensitive": true, "type": "string", "value": "plainhorse"}}',),
    "key of a service": (f'{{"key1": "{HEX[:32]}"}}', f'"key2": "{HEX[:32]}"'),
    "key of a web key": (f'{{"kty": "EC", "d": "{LOWER}"}}',),
    "password of redis": ("requirepass q7Zt41mWc", '1) "requirepass"\n2) "q7Zt41mWc"', "masterauth q7Zt41mWc"),
    "several passwords": ('{"passwords": ["plain", "horse"]}', "passwords:\n  - plainhorse"),
    "variable of a shell": ("set -gx DB_PASSWORD q7Zt41mWc",),
    "password of a tool": (
        "ldapsearch -x -w q7Zt41mWc -b dc=x", "mongosh -u a -p q7Zt41mWc", "unzip -P q7Zt41mWc x.zip",
        "openssl rsa -in x -passin pass:q7Zt41mWc", "smbclient -U ops%q7Zt41mWc //x/y",
        "rabbitmqctl add_user a q7Zt41mWc",
    ),
    "secret that is set": (
        "az keyvault secret set --vault-name x --name y --value q7Zt41mWc",
    ),
    "literal of a Kubernetes secret": (
        "kubectl create secret generic db --from-literal=dsn=q7Zt41mWc",
        "kubectl create secret generic db --from-literal=dsn=abcd -n x --from-literal=other=q7Zt41mWc",
    ),
    "password of sshpass": ("+ sshpass -p hunter2 ssh host",),
}  # fmt: skip


SCRAMBLED = "i6FkRGC7Kw6bjBrKFGI85nJpQkAJYq1usNgmqB"


@pytest.mark.parametrize(
    "prefix", ["gsk_", "nvapi-", "rpa_", "apify_api_", "sb_secret_", "CCIPAT_", "ctx7sk-", "sk_prod_"]
)
def test_a_token_that_no_row_knows_is_known_by_its_shape(prefix: str) -> None:
    assert hide_detected_secrets(f"got {prefix}{SCRAMBLED} from it") == f"got {prefix}{DOTS} from it"


@pytest.mark.parametrize("prefix", ["aa_", "new-", "acme_live_", "x2k_", "Key_"])
def test_nine_of_ten_tokens_of_a_new_kind_are_gone(prefix: str) -> None:
    """What looks like a name by chance stays."""
    letters, random = string.ascii_letters + string.digits, Random(7)
    bodies = ["".join(random.choice(letters) for _ in range(40)) for _ in range(200)]
    assert sum(hide_detected_secrets(f"{prefix}{body} ok") == f"{prefix}{DOTS} ok" for body in bodies) >= 180


LEADS = ("2026-01-01T00:00:0{n}Z stdout F ", "web-1  | ", "[pod/shop/web] ", "shop-7f9c {n} ", "<6>app[{n}]: ")


@pytest.mark.parametrize("lead", LEADS)
def test_a_key_whose_lines_have_something_before_them_is_not_shown(lead: str) -> None:
    key = ["-----BEGIN RSA PRIVATE KEY-----", *(LOWER[:n] * 2 for n in (32, 31, 9)), "-----END RSA PRIVATE KEY-----"]
    masked = hide_detected_secrets(
        "\n".join(lead.format(n=number) + line for number, line in enumerate([*key, "then on"]))
    )
    assert LOWER[:9] not in masked
    assert masked.endswith("then on")
    assert "END RSA" in masked


def test_every_row_of_the_table_has_a_sample() -> None:
    assert {token.name for token in TOKENS} == set(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_secret_is_known_by_its_own_letters(name: str) -> None:
    for sample in SAMPLES[name]:
        for text in (sample, f"at 13:00 got {sample}, and went on", json.dumps({"said": sample}), f"({sample})"):
            if name != "line of a pgpass" or text == sample:
                assert name in dict(find_tokens(text)), text
                start, end = dict(find_tokens(text))[name]
                assert text[start:end] not in hide_detected_secrets(text)


@pytest.mark.parametrize("text", WITH, ids=range(len(WITH)))
def test_no_output_shows_the_value_that_its_name_gives_away(text: str) -> None:
    for value in VALUES if "PRIVATE" not in text else VALUES[:1]:  # a key is base64
        printed = text.replace("{}", value)
        assert value not in hide_detected_secrets(printed)
        assert value not in clean_text(printed)


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "SECRET", "password": "{}", "value": "{}"}',
        "- name: DB_PASSWORD\n  api_key: {}\n  value: {}\n",
        "kind: Secret\npassword: '{}\nvalue: {}\n",
        "mysql --password {}: \nvalue: {}\n",
    ],
)
def test_a_value_that_stands_between_another_name_and_its_value_is_hidden_too(text: str) -> None:
    first, second = "q7Zt41mWc", "w3Rb92xKp"
    shown = hide_detected_secrets(text.replace("{}", first, 1).replace("{}", second))
    assert first not in shown


@pytest.mark.parametrize("line", WITHOUT.splitlines())
def test_what_operations_print_stays_to_the_letter(line: str) -> None:
    assert hide_detected_secrets(line) == line


def test_what_operations_print_stays_as_a_whole() -> None:
    assert hide_detected_secrets(WITHOUT) == WITHOUT


NAME = st.from_regex(r"[a-z]{2,8}(-[a-z0-9]{2,8}){0,3}", fullmatch=True)
IDS = st.one_of(
    st.uuids().map(str),
    st.binary(min_size=20, max_size=20).map(bytes.hex),
    st.binary(min_size=32, max_size=32).map(lambda data: f"sha256:{data.hex()}"),
    st.binary(min_size=4, max_size=6).map(bytes.hex),
    st.tuples(NAME, st.binary(min_size=3, max_size=4)).map(lambda pair: f"{pair[0]}--{pair[1].hex()}"),
    st.tuples(st.uuids(), NAME, NAME).map(
        lambda parts: (
            f"/subscriptions/{parts[0]}/resourceGroups/{parts[1]}/providers/Microsoft.App/containerApps/{parts[2]}"
        )
    ),
    st.binary(min_size=64, max_size=64).map(lambda data: f"sha512-{base64.b64encode(data).decode()}"),
    st.datetimes().map(lambda time: time.isoformat() + "Z"),
    st.ip_addresses().map(str),
    NAME,
)
PLACES = [
    "{}",
    "revision {} is active",
    "id={}",
    '"id": "{}",',
    '{{"name": "{}"}}',
    "  name: {}",
    "Digest: {}",
    "key={}",
    "user={} ok",
    "https://x.example.com/{}?page=2",
    "token for {} expired",
    "secret {} not found",
    "secretName: {}",
    "key: {}",
    "traceId: {}",
    "[{}] done",
]


@example("{}", "2001:4:112:18fa:7487:ae50:c478:1000")
@given(st.sampled_from(PLACES), IDS)
def test_digests_ids_names_and_times_stay(place: str, identity: str) -> None:
    line = place.format(identity)
    assert hide_detected_secrets(line) == line


ANY_VALUE = st.from_regex(r"[A-Za-z][A-Za-z0-9/+._~-]{5,30}[0-9][A-Za-z]{2}", fullmatch=True).filter(
    lambda value: not value.startswith(("https", "file", "env", "ref", "op"))
)


@given(st.sampled_from([text for text in WITH if "PRIVATE" not in text and "hooks.slack" not in text]), ANY_VALUE)
def test_any_value_is_gone_where_a_name_stands_before_it(text: str, value: str) -> None:
    assume(not ("anything:" in text or "primary" in text) or len(value) > 8)
    assert value not in hide_detected_secrets(text.replace("{}", value)).replace("example", "")


@given(st.text("ab=-: \n\"'\\$<`{}&;@/?pPasswordtokenH,.•0", max_size=80))
def test_any_text_may_be_asked_and_masking_again_changes_nothing(text: str) -> None:
    masked = hide_detected_secrets(text)
    assert hide_detected_secrets(masked) == masked


JUDGED = [
    *(sample for samples in SAMPLES.values() for sample in samples),
    *(text.replace("{}", value) for text in WITH for value in VALUES[:2]),
    f"cloudant_password = '{HEX}'",
    f"https://ops:{HEX}@x.cloudant.com",
    f"ibm_cloud_iam_key={LOWER}abcd",
    f"iam_apikey : {LOWER}abcd",
    f"cos_hmac_secret_access_key={HEX[:48]}",
    f"softlayer_api_key = {HEX}",
    f"sl_password: '{HEX}'",
    f"aws_secret_access_key = '{LOWER}'",
    f"AWS key: '{LOWER}'",
    f"sk-{LOWER[:20]}T3BlbkFJ{LOWER[:20]}",
    f"//registry.npmjs.org/:_authToken=npm_{LOWER}",
    f"//registry.npmjs.org/:_authToken={uuid.UUID(int=12)}",
    "xoxb-123-456-abcdef",
    f"glcbt-1a_{LOWER[:20]}",
    f"glagent-{LOWER}{LOWER}",
    f"gloas-{HEX}",
    f"password='{LOWER}'",
    "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----",
]


def test_what_another_judge_calls_a_secret_is_not_shown() -> None:
    """All its rules but those of disorder, which call every digest a secret, of addresses, and of bare words."""
    judged = 0
    rules: dict[str, type[Any]] = get_mapping_from_secret_type_to_class()
    for name, plugin_class in rules.items():
        if any(word in name for word in ("IP", "Entropy", "Keyword", "Private Key")):
            continue
        plugin = plugin_class()
        for text in JUDGED:
            for secret in plugin.analyze_string(text):
                judged += 1
                assert secret not in hide_detected_secrets(text), (name, text)
    assert judged > 40


def test_a_command_that_prints_the_frame_of_a_key_is_shown_whole() -> None:
    """What is confirmed must be seen: between the two lines stands no key here, but what would run."""
    command = "printf -- '-----BEGIN PRIVATE KEY-----\\n'; rm -rf /srv/data; echo -----END PRIVATE KEY-----"
    assert hide_detected_secrets(command) == command


@pytest.mark.parametrize(
    "rest", ["./migrate --drop", "terraform destroy", "rm -rf /srv/data; echo done", "psql -c 'drop table x'"]
)
def test_the_command_behind_a_variable_is_seen(rest: str) -> None:
    assert hide_detected_secrets(f"DB_PASSWORD=Hunter2x9 {rest}") == f"DB_PASSWORD={DOTS} {rest}"


def test_the_command_behind_a_header_is_seen() -> None:
    command = "http DELETE x.example.com Authorization:Hunter2x9 a=1; rm -rf /srv/data"
    assert hide_detected_secrets(command) == command.replace("Hunter2x9", DOTS)


# A stream


def masked_stream(text: str, cuts: list[int], *, settling: bool = False) -> str:
    raw = text.encode()
    mask = DetectedSecretMask()
    places = sorted({0, len(raw), *(min(cut, len(raw)) for cut in cuts)})
    pieces = []
    for start, end in pairwise(places):
        pieces.append(mask.feed(raw[start:end]))
        if settling:
            pieces.append(mask.settle())
    return b"".join([*pieces, mask.flush()]).decode()


@pytest.mark.parametrize("text", WITH, ids=range(len(WITH)))
def test_a_stream_is_masked_wherever_it_is_cut(text: str) -> None:
    printed = f"one\n{text.replace('{}', VALUES[0])}two\n"
    whole = hide_detected_secrets(printed)
    for cut in range(1, len(printed.encode())):
        assert masked_stream(printed, [cut]) == whole


@pytest.mark.parametrize("text", WITH, ids=range(len(WITH)))
def test_a_stream_that_comes_byte_by_byte_and_slowly_shows_no_value(text: str) -> None:
    printed = f"one\n{text.replace('{}', VALUES[0])}two\n"
    assert VALUES[0] not in masked_stream(printed, list(range(len(printed))))
    assert VALUES[0] not in masked_stream(printed, [printed.index(VALUES[0]) + 5], settling=True)


@given(st.lists(st.integers(0, len(WITHOUT)), max_size=12), st.booleans())
def test_a_stream_without_a_secret_passes_to_the_letter(cuts: list[int], settling: bool) -> None:
    assert masked_stream(WITHOUT, cuts, settling=settling) == WITHOUT


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=6))
def test_bytes_that_are_no_text_pass_as_they_are(raw: bytes, cuts: list[int]) -> None:
    mask = DetectedSecretMask()
    places = sorted({0, len(raw), *(min(cut, len(raw)) for cut in cuts)})
    passed = b"".join(mask.feed(raw[start:end]) for start, end in pairwise(places)) + mask.flush()
    assert passed == raw or DOTS.encode() in passed


def test_a_word_that_may_go_on_is_shown_when_nothing_comes_for_a_while() -> None:
    mask = DetectedSecretMask()
    assert mask.feed(b"Waiting for rollout") == b"Waiting for "
    assert mask.settle() == b"rollout"
    assert mask.feed(b" to finish\n") == b" to finish\n"


def test_a_value_that_begins_before_a_pause_is_not_shown_in_halves() -> None:
    mask = DetectedSecretMask()
    shown = mask.feed(b"password: Hunt") + mask.settle() + mask.feed(b"er2x9\n") + mask.flush()
    assert shown == f"password: {DOTS}\n".encode()


def test_a_key_of_any_length_is_never_shown() -> None:
    mask = DetectedSecretMask()
    line = b"MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF8PbnGy0AHB7MaC8x1qT7bqMIIE\n"
    pieces = [mask.feed(b"ok\n-----BEGIN PRIVATE KEY-----\n")]
    pieces += [mask.feed(line) for _ in range(3 * LONGEST_HELD // len(line))]
    pieces += [mask.feed(b"-----END PRIVATE KEY-----\ndone\n"), mask.flush()]
    shown = b"".join(pieces)
    assert b"MIIE" not in shown
    assert shown.startswith(b"ok\n-----BEGIN")
    assert shown.endswith(b"-----END PRIVATE KEY-----\ndone\n")


def test_a_long_line_is_passed_on_before_it_ends() -> None:
    mask = DetectedSecretMask()
    shown = mask.feed(b'{"token": "ghp_' + b"a" * 36 + b'"},' + b"x" * 2 * LONGEST_HELD)
    assert len(shown) > LONGEST_HELD
    assert b"ghp_a" not in shown


def test_the_door_hides_what_gives_itself_away() -> None:
    assert clean_line(f"sent {JWT}") == f"sent {DOTS}"


def test_no_name_is_in_the_table_twice() -> None:
    rows = [(name.hint, name.before, name.after, name.equals_only) for name in NAMES]
    assert len(set(rows)) == len(rows)
