"""What gives a secret away that nobody named: the table of its looks and of the names before it. Data, and no more.

`detect` beside it finds these. A pattern is looked for where one of its hints stands, so that text without a
hint costs one search for all of them. What is public or only a name (digests, ids, names of revisions) is in no row.
"""

from dataclasses import dataclass
from typing import Literal

Proof = Literal["none", "random", "name"]


@dataclass(frozen=True, slots=True)
class TokenPattern:
    """A secret that is known by its own letters: `value` of the expression, which is tried where a hint stands.

    A hint of the first kind is in small letters and stands for any; `exact` ones are letters as they are.
    """

    name: str
    hints: tuple[str, ...]
    expression: str
    exact: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A name whose value is a secret. `before` is what must stand before the hint, `unless_before` what must not.

    `proof` is what the value itself must look like: nothing, random, or at least not like the name of an object, which
    is what `secret:` is mostly followed by.
    """

    hint: str
    after: str = ""
    before: str = ""
    unless_before: str = ""
    proof: Proof = "none"
    equals_only: bool = False
    whole_line: bool = False  # a header: its value is all that follows


JSON_QUOTE = r"\\{0,8}\""
JSON_TEXT = r"(?:[^\"\\\n]|\\(?!\\{0,8}\"?[,}\s]).)+"  # its quotes may be escaped, as JSON in JSON has them

TOKENS: tuple[TokenPattern, ...] = (
    # Signed tokens, and keys of clouds
    TokenPattern("JSON web token", ("eyj",), r"(?P<value>eyJ[\w=-]{4,2000}\.[\w=-]*(?:\.[\w=.+/-]*)?)(?<=.{16})"),
    TokenPattern("AWS key id", ("akia",), r"(?P<value>AKIA[A-Z0-9]{16,})"),
    TokenPattern(
        "AWS key id",
        (),
        r"(?P<value>(?:ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16,})",
        exact=("ASIA", "ABIA", "ACCA", "A3T"),
    ),
    TokenPattern("Azure client secret", ("q~",), r"(?<=[\w~.-]{3}\d)Q~(?P<value>[\w~.-]{28,40})"),
    TokenPattern(
        "Azure key",
        ("azse", "azfu", "azca", "acdb", "jqqj9", "apim", "+a"),
        r"(?<=(?P<value>[A-Za-z0-9+/_-]{24}))(?:AzSe|AzFu|AzCa|ACDb|JQQJ9|\+ASt|\+AIoT|\+ABa|\+ACR|\+AEh|\+ARm|APIM"
        r"|\+ADX)[A-Za-z0-9+/_-]{4,40}={0,2}",
    ),
    TokenPattern("Google API key", (), r"(?P<value>AIza[\w-]{30,})", exact=("AIza",)),
    TokenPattern("Google access token", ("ya29.",), r"(?P<value>ya29\.[\w.-]{16,})"),
    TokenPattern("Google client secret", (), r"(?P<value>GOCSPX-[\w-]{16,})", exact=("GOCSPX-",)),
    TokenPattern("Google refresh token", (), r"(?P<value>1//0[\w-]{30,})", exact=("1//0",)),
    TokenPattern("IBM or Softlayer address", ("/soap/v3",), r"/soap/v3(?:\.1)?/(?P<value>[a-z0-9]{64})"),
    TokenPattern("DigitalOcean token", ("doo_v1_", "dop_v1_", "dor_v1_"), r"(?P<value>do[opr]_v1_[a-f0-9]{32,})"),
    # Code, packages, images
    TokenPattern("GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"(?P<value>gh[pousr]_\w{16,})"),
    TokenPattern("GitHub fine-grained token", ("github_pat_",), r"(?P<value>github_pat_\w{16,})"),
    TokenPattern(
        "GitLab token", ("gl",), r"(?P<value>gl(?:pat|dt|ft|soat|rtr?|cbt|imt|ptt|agent|oas|ffct|wt)-[\w.-]{16,})"
    ),
    TokenPattern("GitLab runner token", (), r"(?P<value>GR1348941[\w-]{16,})", exact=("GR1348941",)),
    TokenPattern("npm token", ("npm_",), r"(?P<value>npm_[A-Za-z0-9]{30,})"),
    TokenPattern("PyPI token", ("pypi-age",), r"(?P<value>pypi-AgE[\w-]{16,})"),
    TokenPattern("Docker Hub token", ("dckr_pat_", "dckr_oat_"), r"(?P<value>dckr_[po]at_[\w-]{16,})"),
    TokenPattern("RubyGems token", ("rubygems_",), r"(?P<value>rubygems_[a-f0-9]{32,})"),
    TokenPattern("NuGet key", ("oy2",), r"(?P<value>oy2[a-z0-9]{43})(?![A-Za-z0-9])"),
    TokenPattern("Artifactory key", ("akc",), r"(?<![\w-])(?P<value>AKC[a-zA-Z0-9]{10,})(?![\w-])"),
    TokenPattern(
        "Artifactory password",
        (),
        r"(?P<value>AP(?<![^\s=:\"]AP)(?=\w*\d)[\dABCDEF](?=\w*[a-z])[a-zA-Z0-9]{8,})(?![\w-])",
        exact=("AP",),
    ),
    # Messages, money, people
    TokenPattern("Slack token", ("xox", "xapp-"), r"(?P<value>(?:xox[a-z](?:\.xox[a-z])?|xapp)-[\w-]{3,})"),
    TokenPattern(
        "Slack webhook",
        ("hooks.slack.com/",),
        r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<value>[\w/]+)",
    ),
    TokenPattern("Teams webhook", (".webhook.office.com/",), r"\.webhook\.office\.com/(?P<value>[\w@/-]{16,})"),
    TokenPattern("Discord webhook", ("/api/webhooks/",), r"/api/webhooks/\d+/(?P<value>[\w-]{16,})"),
    TokenPattern(
        "Discord token",
        (),
        r"\.(?:(?<=[MNO][\w-]{23}\.)|(?<=[MNO][\w-]{24}\.)|(?<=[MNO][\w-]{25}\.))[\w-]{6}\.(?P<value>[\w-]{27,40})(?!\w)",
    ),
    TokenPattern("Telegram token", (), r":(?<=\d{8}:)(?P<value>A[0-9A-Za-z_-]{34})(?![\w-])", exact=(":A",)),
    TokenPattern(
        "Stripe key", ("sk_live_", "rk_live_", "sk_test_", "rk_test_"), r"(?P<value>[rs]k_(?:live|test)_\w{10,})"
    ),
    TokenPattern("webhook secret", ("whsec_",), r"(?P<value>whsec_[\w+/=]{16,})"),
    TokenPattern("Square secret", ("sq0csp-", "sq0atp-"), r"(?P<value>sq0(?:csp|atp)-[\w\\-]{16,})"),
    TokenPattern("Shopify token", ("shpat_", "shpca_", "shppa_", "shpss_"), r"(?P<value>shp(?:at|ca|pa|ss)_\w{16,})"),
    TokenPattern("Twilio key", (), r"(?P<value>SK[a-z0-9]{32})(?![A-Za-z0-9])", exact=("SK",)),
    TokenPattern("Twilio account", (), r"(?P<value>AC[a-z0-9]{32})(?![A-Za-z0-9])", exact=("AC",)),
    TokenPattern("SendGrid key", (), r"(?P<value>SG\.[\w-]{16,}\.[\w-]{16,})", exact=("SG.",)),
    TokenPattern("Mailchimp key", (), r"-us(?<=(?P<value>[0-9a-z]{32}-us))\d{1,2}(?!\w)", exact=("-us",)),
    TokenPattern("Mailgun key", ("key-",), r"(?P<value>key-[0-9a-f]{32})(?!\w)"),
    # Tools of operations
    TokenPattern("Vault token", ("hvs.", "hvb.", "hvr."), r"(?P<value>hv[sbr]\.[\w-]{16,})"),
    TokenPattern("Terraform token", (".atlasv1.",), r"(?<=\w{14})\.atlasv1\.(?P<value>[\w-]{16,})"),
    TokenPattern("Databricks token", ("dapi",), r"(?P<value>dapi[a-f0-9]{32}(?:-\d+)?)"),
    TokenPattern("Grafana token", ("gl",), r"(?P<value>gl(?:sa|c)_[\w+/=]{16,})"),
    TokenPattern("Grafana key", ("eyjrijoi",), r"(?P<value>eyJrIjoi[\w+/=]{16,})"),
    TokenPattern("New Relic key", ("nrak-",), r"(?P<value>NRAK-[A-Z0-9]{16,})"),
    TokenPattern("Sentry token", ("sntrys_", "sntryu_"), r"(?P<value>sntry[su]_[\w+/=]{16,})"),
    TokenPattern("Atlassian token", (), r"(?P<value>AT[AC]TT3[\w=-]{16,})", exact=("ATATT3", "ATCTT3")),
    TokenPattern("Linear key", ("lin_api_",), r"(?P<value>lin_api_\w{16,})"),
    TokenPattern("Notion token", ("ntn_",), r"(?P<value>ntn_\w{30,})"),
    TokenPattern("Postman key", ("pmak-",), r"(?P<value>PMAK-[\w-]{16,})"),
    TokenPattern("Pulumi token", ("pul-",), r"(?P<value>pul-[a-f0-9]{40})(?!\w)"),
    TokenPattern("Doppler token", ("dp.",), r"(?P<value>dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{30,})"),
    TokenPattern("PlanetScale token", ("pscale_",), r"(?P<value>pscale_(?:tkn|pw|oauth)_[\w.-]{16,})"),
    TokenPattern("key of a language model", ("sk-",), r"(?P<value>sk-(?=[\w-]{0,99}\d)[\w-]{21,})"),
    TokenPattern("Hugging Face token", ("hf_",), r"(?P<value>hf_[A-Za-z0-9]{30,})"),
    TokenPattern("Supabase token", ("sbp_",), r"(?P<value>sbp_[0-9a-f]{32,})"),
    TokenPattern("Tailscale key", ("tskey-",), r"(?P<value>tskey-[a-z]+-[\w-]{16,})"),
    TokenPattern("Brevo key", ("xkeysib-",), r"(?P<value>xkeysib-[\w-]{32,})"),
    TokenPattern("Dynatrace token", ("dt0",), r"(?P<value>dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64})"),
    TokenPattern("HubSpot token", ("pat-",), r"(?P<value>pat-(?:na|eu|ap)\d-[0-9a-f-]{36})"),
    TokenPattern("LangSmith key", ("lsv2_",), r"(?P<value>lsv2_[ps][tk]_[0-9a-f]{32}_[0-9a-f]{10})"),
    TokenPattern("Alibaba key id", (), r"(?P<value>LTAI[A-Za-z0-9]{12,})(?!\w)", exact=("LTAI",)),
    TokenPattern("Facebook or Square token", (), r"(?P<value>EAA[A-Za-z0-9]{57,})", exact=("EAA",)),
    TokenPattern("EasyPost key", (), r"(?P<value>EZ[AT]K[A-Za-z0-9]{50,})", exact=("EZAK", "EZTK")),
    TokenPattern("Dropbox token", (), r"(?<![\w.])(?P<value>sl\.(?:u\.)?[\w-]{60,})", exact=("sl.",)),
    TokenPattern("Mapbox token", ("sk.eyj",), r"(?P<value>sk\.eyJ[\w.-]{16,})"),
    TokenPattern("Artifactory reference", (), r"(?P<value>cmVmdGtuO[\w+/=]{40,})", exact=("cmVmdGtuO",)),
    TokenPattern("Vercel token", ("vercel_",), r"(?P<value>vercel_(?=\w{0,30}\d)[A-Za-z0-9]{20,})"),
    TokenPattern("age key", ("age-secret-key-1",), r"(?P<value>AGE-SECRET-KEY-1[0-9A-Z]{30,})"),
    # Passwords as systems keep them, and the private half of a key in base64
    TokenPattern(
        "password hash",
        ("$1$", "$apr1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$", "$argon2"),
        r"(?P<value>\$(?:1|apr1|2[aby]|5|6|y|argon2\w*)\$[\w./$,=+-]{12,})",
    ),
    TokenPattern("SCRAM verifier", (), r"SCRAM-SHA-\d+\$(?P<value>\d+:[\w+/=]+\$[\w+/=:]+)", exact=("SCRAM-SHA-",)),
    TokenPattern(
        "private key in base64",
        ("ls0tls1crudjti",),
        r"(?P<value>LS0tLS1CRUdJTi(?:BSU0EgUFJJ|BQUklW|BFQyBQUklW|BPUEVOU1NI|BFTkNSWVBURUQg|BEU0Eg|BQR1AgUFJJ)[\w+/=-]+)",
    ),
    # Places in a text where a secret stands
    TokenPattern(
        "password in an address",
        ("://",),
        r"://[^\s/:@'\"<>]{0,64}:(?P<value>[^\s/'\"?#<>]{1,400}|(?!\d{1,5}[/?#])[^\s'\"<>]{1,400}?)@(?=[\w\[.-])",
    ),
    TokenPattern("token in an address", ("://",), r"://(?P<value>(?=[\w-]{0,99}\d)[\w-]{20,200})@"),
    TokenPattern("token of a clone", ("://",), r"://(?P<value>(?=[\w-]{0,99}\d)[\w-]{12,200})@(?:github|gitlab)"),
    TokenPattern("password of a netrc", ("login ",), r"(?i:login)\s+\S+\s+(?i:password)\s+(?P<value>[^\s'\"]+)"),
    TokenPattern(
        "line of a pgpass",
        (),
        r":(?<=[\w*]:)(?:\*|\d{4,5}):(?!(?:[\dA-Fa-f]{1,4}:){2}[\dA-Fa-f]{1,4}(?:[\s'\"]|\Z))"  # no IPv6 address
        r"[A-Za-z*][\w*-]*:[A-Za-z*][\w*-]*:(?P<value>[^\s:'\"]{4,})(?=[\s'\"]|\Z)",
    ),
    TokenPattern(
        "storage key by itself",
        (),
        r"==(?<=(?P<value>[A-Za-z0-9+/]{86}==))(?<![\w+/=-][A-Za-z0-9+/]{86}==)(?![\w+/=])",
    ),
    TokenPattern("scheme of a header", ("bearer ", "basic "), r"(?i:bearer|basic)\s+(?P<value>[\w.~+/=:-]{8,})"),
    TokenPattern("key of a message service", ("geniekey ",), r"(?i:geniekey)\s+(?P<value>[\w-]{16,})"),
    TokenPattern(
        "code in an address",
        ("code=",),
        r"(?<=[?&])code=(?P<value>(?=[\w.~%/+=-]{0,40}\d)(?=[\w.~%/+=-]{0,40}[A-Za-z])[\w.~%/+=-]{20,})",
    ),
    # In what services answer: a secret under a name that says nothing
    TokenPattern(
        "secret of a vault",
        ("/secrets/",),
        rf"/secrets/[\w-]{{1,127}}(?:/\w{{1,64}})?{JSON_QUOTE}(?:[^{{}}\[\]]|\{{[^{{}}\[\]]{{0,400}}\}}){{0,2000}}?"
        rf"\"value{JSON_QUOTE}:\s*{JSON_QUOTE}(?P<value>{JSON_TEXT})",
    ),
    TokenPattern(
        "secret of a vault",
        ("secretstring",),
        rf"(?i:secretstring){JSON_QUOTE}:\s*{JSON_QUOTE}\{{?(?P<value>{JSON_TEXT})",
    ),
    TokenPattern(
        "sensitive output",
        ("sensitive",),
        rf"(?i:sensitive){JSON_QUOTE}: *true,\s*{JSON_QUOTE}type{JSON_QUOTE}: *[^\n]{{1,200}}?,"
        rf"\s*{JSON_QUOTE}value{JSON_QUOTE}: *{JSON_QUOTE}(?P<value>{JSON_TEXT})",
    ),
    TokenPattern(
        "key of a service",
        ("key1", "key2"),
        rf"(?<=\")key[12]{JSON_QUOTE}: *{JSON_QUOTE}(?P<value>[\w+/=-]{{20,}})",
    ),
    TokenPattern(
        "key of a web key", (), rf'"d{JSON_QUOTE}: *{JSON_QUOTE}(?P<value>[\w-]{{32,}})', exact=('"d":', '"d\\"')
    ),
    TokenPattern(
        "password of redis",
        ("requirepass", "masterauth"),
        rf"(?i:requirepass|masterauth)(?:{JSON_QUOTE})?(?:\s|\\n)+(?:\d+\) *)?(?:{JSON_QUOTE})?"
        r"(?P<value>(?=[^\s\"]{0,99}\d)[^\s\"\\]{4,})",
    ),
    TokenPattern(
        "several passwords",
        ("passwords",),
        rf"(?i:passwords)(?:{JSON_QUOTE}|')?\s*[:=](?:\s|\\n)*(?:\[\s*|(?=- ))"
        r"(?P<value>[^\s\]{}](?:[^\]{}\n]|\n[ \t]*(?=[-\"'])){3,400})",
    ),
    TokenPattern(
        "variable of a shell",
        ("set -",),
        r"set -\w*x\w*\s+\w*(?i:pass\w*|pwd|secret|token|key)\s+['\"]?(?P<value>[^\s'\"]{4,})",
    ),
    TokenPattern("unseal key", ("unseal key",), r"(?i:unseal key) \d{1,2}: *(?P<value>[\w+/=]{20,})"),
    TokenPattern("password in SQL", ("password '",), r"(?i:password) '(?P<value>[^'\n]{4,200})'"),
    TokenPattern("password in SQL", ("identified by",), r"(?i:identified by) +'(?P<value>[^'\n]{4,200})'"),
    TokenPattern(
        "secure string",
        ("convertto-securestring",),
        r"(?i:convertto-securestring) [^'\"\n]{0,40}['\"](?P<value>[^'\"\n]+)",
    ),
    # Commands, as `ps`, `history` and `set -x` print them
    TokenPattern(
        "password of curl",
        ("curl ",),
        r"(?i:curl)\s(?:[^\n;|]{0,200}?\s)?(?:-u|--user)[=\s]*['\"]?[^\s:'\"$<]+:(?P<value>[^\s'\"]{4,})",
    ),
    TokenPattern(
        "password of mysql",
        ("mysql",),
        r"(?i:mysql)\w*\s(?:[^\n;|]{0,200}?\s)?-p(?P<value>[^\s'\"-][^\s'\"]{3,})",
    ),
    TokenPattern(
        "password of a login",
        ("login ",),
        r"(?i:login)\s(?:[^\n;|]{0,200}?\s)?-p[=\s]+['\"]?(?P<value>(?!\d{1,5}\b)[^\s'\"-][^\s'\"]+)",
    ),
    TokenPattern(
        "password of sqlcmd",
        ("sqlcmd ",),
        r"(?i:sqlcmd)\s(?:[^\n;|]{0,200}?\s)?-P\s*['\"]?(?P<value>[^\s'\"-][^\s'\"]*)",
    ),
    TokenPattern(
        "password of redis-cli",
        ("redis-cli ",),
        r"(?i:redis-cli)\s(?:[^\n;|]{0,200}?\s)?-a\s+['\"]?(?P<value>[^\s'\"-][^\s'\"]*)",
    ),
    TokenPattern(
        "password of a tool",
        ("ldap", "mongo", "unzip ", "smbclient ", "rabbitmqctl ", "openssl "),
        r"(?:(?i:ldap)\w+\s(?:[^\n;|]{0,200}?\s)?-w|(?i:mongo)\w*\s(?:[^\n;|]{0,200}?\s)?-p"
        r"|(?i:unzip)\s(?:[^\n;|]{0,200}?\s)?-P|(?i:openssl)\s(?:[^\n;|]{0,200}?\s)?(?:-k|-pass(?:in|out)?\s+pass:)"
        r"|(?i:smbclient)\s(?:[^\n;|]{0,200}?\s)?(?:-U|--user)[=\s]*['\"]?[^\s%'\"]+%"
        r"|(?i:rabbitmqctl)\s(?:[^\n;|]{0,200}?\s)?(?:add_user|change_password|authenticate_user)\s+\S+)"
        r"\s*['\"]?(?P<value>[^\s'\"-][^\s'\"]{3,})",
    ),
    TokenPattern(
        "secret that is set",
        ("keyvault secret set",),
        r"(?i:keyvault secret set)\s(?:[^\n;|]{0,200}?\s)?--value[=\s]\s*['\"]?(?P<value>[^\s'\"$<-][^\s'\"]{3,})",
    ),
    TokenPattern(  # up to the last literal of the command; those of a config map are no secrets
        "literal of a Kubernetes secret",
        ("create secret",),
        r"(?i:create secret)\s(?:[^\n;|&]{0,200}?\s)?--from-literal[=\s]['\"]?[\w.-]+="
        r"['\"]?(?P<value>[^\s'\"$<-][^\s'\"]{3,}(?:[^\n;|&]{0,2000}--from-literal[=\s][^\s;|&]+)?)",
    ),
    TokenPattern("password of sshpass", ("pass",), r"pass(?<=sshpass)\s+-p\s*(?P<value>'[^'\n]*'|\"[^\"\n]*\"|\S+)"),
)

OF_A_KEY = (
    r"(?i:api|access|account|shared|unseal|hmac|private|subscription|encryption|signing|master|function|functions|secret|sharedaccess|admin"
    r"|webhook|integration)[-_. ]?"
)
OF_A_KEY_PERHAPS = (
    r"(?i:primary|secondary|client|aws|gcp|azure|app|application|host|service|storage|license|ssh|deploy|auth|default|ibm|cloud|iam|cl"
    r"|clou|cloudant|softlayer|sl|fernet|redis|cosmos|search|maps|batch)[-_. ]?"
)
PUBLIC_KEY = (
    r"(?i:public|cache|partition|primary|foreign|unique|row|object|group|sort|shard|lock|dedup|idempotency|registry|host"
    r"|index|lookup|message|s3)_"
)
NAMES: tuple[NamePattern, ...] = (
    NamePattern("pass", after="(?i:word|wd|phrase|code|wort)"),
    NamePattern("kennwort"),
    NamePattern("mot de passe"),
    NamePattern("contraseña"),
    NamePattern("wachtwoord"),
    NamePattern("pswd"),
    NamePattern("pwd"),
    NamePattern("pass", before=r"[_.-]|(?i:require|store|ssh|master)|[a-z](?=P)"),
    NamePattern("pass", equals_only=True, proof="random"),
    NamePattern("pw", before=r"[_.-]|\b(?i:cl)|[a-z](?=P)", proof="random"),
    NamePattern("secret", proof="name"),
    NamePattern("token", unless_before=r"(?i:public_?key|cancellation)"),
    NamePattern("key", before=OF_A_KEY, after="(?:[-_]?data)?"),
    NamePattern("key", before=OF_A_KEY_PERHAPS, after="(?:[-_]?data)?", proof="random"),
    NamePattern("keydata", before=r"(?i:private|client)[-_]?"),
    NamePattern("sig", before=r"(?:\A|[?&;%\s\"'])", equals_only=True, proof="random"),
    NamePattern("sig", after="nature", equals_only=True),
    NamePattern("credential", after="s?", proof="random", unless_before=r"(?i:x-amz-)"),
    NamePattern("creds", proof="random"),
    NamePattern("key", before=r"[A-Z0-9]_", proof="random", unless_before=PUBLIC_KEY),
    NamePattern("code", before=r"(?i:access|pin|recovery|backup|otp|mfa|one.time)[-_ ]?", proof="random"),
    NamePattern("salt", before=r"[_.-]|(?<![\w-])", proof="random"),
    NamePattern("seed", before=r"(?i:otp|mfa|2fa|wallet)[-_ ]?", proof="random"),
    NamePattern("signing", before=r"[_.-]|[a-z](?=S)", proof="random"),
    NamePattern("sk", before=r"[A-Z]_|[a-z](?=S)", proof="random"),
    NamePattern("tf_token_", after=r"\w+", equals_only=True),
    NamePattern("jwt", proof="random"),
    NamePattern("pat", before="_|(?<![A-Za-z])|[a-z](?=P)", proof="random"),
    NamePattern("auth", before=r"_|\"|[a-z](?=A)", after="(?:_?config)?", proof="random"),
    NamePattern("auth", after="orization", whole_line=True),
    NamePattern("cookie", whole_line=True),
)
