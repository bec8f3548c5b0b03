"""How a key of cockpit.toml is declared: once, on the field that holds it.

A dataclass field whose metadata is a `setting` is a key. Its annotation says what the value is, its default what holds
without the key, `setting` what it means. The reader of the file, the JSON Schema and the tables of
docs/configuration.md are made of these declarations (`cockpit.config`); the program reads the field. Nothing here
reads a file, and nothing here is slow to import: the nouns that carry declarations are needed before the first frame.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Annotated, Any, Final

from cockpit.model.conditions import Condition
from cockpit.model.secret import Secret

NOTHING: Final = object()
"""No value, where None would be one."""

METADATA_KEY: Final = "setting"
"""Under which name a field's metadata keep the declaration."""


@dataclass(frozen=True, slots=True)
class Setting:
    """The declaration of one key, but for its type and its field's default; see `setting` for what each part is."""

    meaning: str
    key: str = ""
    table: str = ""
    absent: object = NOTHING
    absent_text: str = ""
    required_for: str = ""
    not_empty: bool = False
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()
    choices_of: str = ""
    tables_of: str = ""
    tables: type | None = None
    named: bool = False
    inline: bool = False


def setting(meaning: str, **rest: Any) -> Mapping[str, Setting]:
    """The metadata of a field that is a key of cockpit.toml. Without a default the key is required.

    - `key`: how it is written, where the field has another name.
    - `table`: the `[table]` it stands in, where no noun of its own holds it: `[self] references`.
    - `absent`: what holds without the key, as it is written, where the field's default is not that.
    - `absent_text`: the same in words, for the docs, where no value says it: "the folder's name".
    - `required_for`: what makes an optional key required, in words, for the docs; a check holds it.
    - `not_empty`, `minimum`, `maximum`: bounds of lists and numbers. `choices`: the only texts.
    - `choices_of`, `tables_of`: the registry whose names are the only texts, or that has the tables under the names of
      its kinds: "alert sources", "platforms". A kind brings its own, so that one more touches no file but its own.
    - `tables`: what declares the tables of a list, where the field holds something else than them.
    - `named`: the tables stand under names of the operator's own, `[environments.NAME]`.
    - `inline`: the keys of this noun stand in the table of the noun that has it.
    """
    return MappingProxyType({METADATA_KEY: Setting(meaning, **rest)})


NO_PROXY: Final = "none"
ENVIRONMENT_PROXY: Final = "env"
"""What `proxy` may say beside an address."""

# What a value is. The word is looked up in `cockpit.config.fields`, which reads and describes it.

LineText = Annotated[str, "line"]  # one line without control characters
NameText = Annotated[str, "name"]  # a line of 1 to 80 characters
BodyText = Annotated[str, "text"]  # any text
PathText = Annotated[str, "path"]  # made absolute, from the folder of the file
UrlText = Annotated[str, "url"]
UrlOrSecret = Annotated[str | Secret, "url or secret"]
ProbeUrlText = Annotated[str, "probe url"]  # also tcp:// and tls://
CloudUrlText = Annotated[str, "cloud url"]
GuidText = Annotated[str, "guid"]
ZoneText = Annotated[str, "zone"]  # an IANA name
HostPortText = Annotated[str, "host and port"]
Duration = Annotated[float, "duration"]  # seconds
LongDuration = Annotated[float, "long duration"]  # seconds, of up to a year: what comes round weekly or monthly
Term = Annotated[timedelta, "term"]  # longer than a duration may be, and 0s
ClockTime = Annotated[time, "clock"]
Day = Annotated[date, "day"]
Moment = Annotated[datetime, "moment"]
Weekday = Annotated[int, "weekday"]  # Monday is 0
ConditionText = Annotated[Condition, "condition"]
ProxyText = Annotated[str, "proxy"]  # "none", "env" or a URL
SecretReference = Annotated[Secret, "secret"]
TextOrSecret = Annotated[str | Secret, "text or secret"]
