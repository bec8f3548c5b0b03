"""The declarations of cockpit.toml, gathered from the nouns that hold its keys, and the JSON Schema made of them.

A key is declared where its value is kept: on a field of `System`, `Environment`, `Probe` and the other nouns of the
model, by `cockpit.model.setting`. Here the annotations become shapes that can be read and described. pydantic did this
before; it cost 180 ms of every start with a configuration, more than everything else on the way to the first frame.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from cockpit.config.fields import KINDS, ValueKind
from cockpit.model.probe import ENTRA_AUTH, HttpAuth
from cockpit.model.setting import METADATA_KEY, NOTHING, Setting
from cockpit.model.system import System

GROUPS = {
    "identity": "Which identity asks the cloud.",
    "people": "Who acts under which login.",
    "self": "How this machine checks its own network before it calls anything down.",
}
"""The tables that no noun of its own holds (`table` of a setting)."""

RETIRED: dict[tuple[str, ...], str] = {
    ("environments", "*", "guard_word"): "does nothing any more: before a danger the name of the thing that it "
    "destroys is typed. Remove the line",
}
"""Keys of older versions, and the notice for whoever still has one. A file with one is valid."""


@dataclass(frozen=True, slots=True)
class FlagShape:
    """true or false."""


@dataclass(frozen=True, slots=True)
class NumberShape:
    """An integer between two bounds."""

    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class ChoiceShape:
    """One of a few texts; `convert` makes the value of it."""

    texts: tuple[str, ...]
    convert: type = str


@dataclass(frozen=True, slots=True)
class ListShape:
    """A list of single values."""

    element: "Shape"
    not_empty: bool = False


@dataclass(frozen=True, slots=True)
class MapShape:
    """A table whose keys are the operator's own."""

    element: "Shape"


@dataclass(frozen=True, slots=True)
class TableShape:
    """One table: a noun's, or a group of keys of the noun around it (`group` is its name)."""

    noun: type
    group: str = ""


@dataclass(frozen=True, slots=True)
class TablesShape:
    """A list of tables, `[[...]]`."""

    noun: type


@dataclass(frozen=True, slots=True)
class NamedTablesShape:
    """Tables under names of the operator's own, `[environments.NAME]`."""

    noun: type


Shape = (
    ValueKind
    | FlagShape
    | NumberShape
    | ChoiceShape
    | ListShape
    | MapShape
    | TableShape
    | TablesShape
    | NamedTablesShape
)


@dataclass(frozen=True, slots=True)
class KeyDeclaration:
    """One key: as it is written, the field that holds it, its shape and everything else that was declared."""

    key: str
    field: str
    owner: type
    """The noun whose field it is: another than the table's where that noun is inline."""
    setting: Setting
    shape: Shape
    default: Any
    """The field's, NOTHING where it has none."""
    of_kind: bool = False
    """The field holds the tables of several kinds, each by its name."""

    @property
    def required(self) -> bool:
        return self.default is NOTHING and self.setting.absent is NOTHING and not self.setting.absent_text

    def written_default(self) -> Any:
        """What holds without the key, as it is written in the file; NOTHING where no value says it."""
        if self.setting.absent_text or self.required:
            return NOTHING
        if self.setting.absent is not NOTHING:
            return self.setting.absent
        return write_value(self.shape, self.default)


@cache
def keys_of_table(noun: type, group: str = "") -> Mapping[str, KeyDeclaration]:
    """The keys of a noun's table, or of one of its groups, as they are written and in the order of the declarations."""
    keys: dict[str, KeyDeclaration] = {}
    hints = get_type_hints(noun, include_extras=True)
    own = noun.__annotations__  # what a noun shares with others comes behind what is its own
    for field in sorted(fields(noun), key=lambda field: field.name not in own):
        declared = field.metadata.get(METADATA_KEY)
        if not isinstance(declared, Setting):
            continue
        if declared.tables_of and not group:
            for key, table_noun in list_kind_tables(declared.tables_of).items():
                meaning = Setting(" ".join((table_noun.__doc__ or "").split()))
                keys[key] = KeyDeclaration(key, field.name, noun, meaning, TableShape(table_noun), None, of_kind=True)
        elif declared.inline:
            keys |= keys_of_table(hints[field.name], group)
        elif declared.table == group:
            key = declared.key or field.name
            default = field.default
            if default is MISSING:
                default = NOTHING if field.default_factory is MISSING else field.default_factory()
            shape = find_shape(hints[field.name], declared)
            keys[key] = KeyDeclaration(key, field.name, noun, declared, shape, default)
        elif not group and declared.table not in keys:
            table = Setting(GROUPS[declared.table])
            keys[declared.table] = KeyDeclaration(
                declared.table, "", noun, table, TableShape(noun, declared.table), default={}
            )
    last = [key for key, declaration in keys.items() if isinstance(declaration.shape, NamedTablesShape)]
    return {**keys, **{key: keys.pop(key) for key in last}}


def list_kind_tables(registry: str) -> Mapping[str, type]:
    """The nouns of the kinds of a registry, by name. Imported here: kinds know nothing of how the file is read."""
    from cockpit.platforms.registry import list_settings

    return {"platforms": list_settings}[registry]()


def list_kind_names(registry: str) -> tuple[str, ...]:
    """The names of the kinds of a registry."""
    from cockpit.feeds.alert_kinds import name_alert_kinds

    return {"alert sources": name_alert_kinds}[registry]()


def find_shape(annotation: Any, declared: Setting) -> Shape:
    """What an annotation asks of the file."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return KINDS[annotation.__metadata__[0]]
    if origin in (Union, UnionType):
        (inner,) = (argument for argument in arguments if argument is not NoneType)
        return find_shape(inner, declared)
    if origin is Literal:
        return ChoiceShape(arguments)
    if origin is tuple:
        noun = declared.tables or arguments[0]
        if is_dataclass(noun) and isinstance(noun, type):
            return NamedTablesShape(noun) if declared.named else TablesShape(noun)
        return ListShape(find_shape(arguments[0], declared), declared.not_empty)
    if origin in (Mapping, dict):
        return MapShape(find_shape(arguments[1], declared))
    if declared.choices_of:
        return ChoiceShape(list_kind_names(declared.choices_of))
    if declared.choices:
        return ChoiceShape(declared.choices, annotation)
    if annotation is bool:
        return FlagShape()
    if annotation is int:
        return NumberShape(declared.minimum, declared.maximum)
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return ChoiceShape(tuple(member.value for member in annotation), annotation)
    if is_dataclass(annotation) and isinstance(annotation, type):
        return TableShape(annotation)
    raise TypeError(f"{annotation!r} is no type of a key in cockpit.toml; see cockpit/model/setting.py")


def write_value(shape: Shape, value: Any) -> Any:
    """A value as it is written in the file; NOTHING for None, which TOML does not have."""
    match shape:
        case _ if value is None:
            return NOTHING
        case ValueKind(write=write):
            return write(value)
        case ListShape(element=element):
            return [write_value(element, entry) for entry in value]
        case ChoiceShape():
            return str(value)
        case TableShape() | MapShape() | NamedTablesShape():
            return {}
        case TablesShape():
            return []
        case _:
            return value


def list_tables_of(
    noun: type = System, path: tuple[str, ...] = (), group: str = ""
) -> Iterator[tuple[tuple[str, ...], TableShape]]:
    """Every table of the file by its path; "*" is any name, and the steps of an array are left out."""
    yield path, TableShape(noun, group)
    for key, declaration in keys_of_table(noun, group).items():
        match declaration.shape:
            case TableShape(noun=inner, group=name):
                yield from list_tables_of(inner, (*path, key), name)
            case TablesShape(noun=inner):
                yield from list_tables_of(inner, (*path, key))
            case NamedTablesShape(noun=inner):
                yield from list_tables_of(inner, (*path, key, "*"))


# The JSON Schema, for editors.

SHORT_AUTH = {"type": "string", "pattern": f"^{ENTRA_AUTH}\\s*\\S"}
"""`auth = "entra:SCOPE"`, short for a table: the reader of the file takes both."""
PROCEDURE_KEY = r"^(?:(?:[Cc]trl|[Aa]lt|[Ss]hift)\+)*(?:[Ff](?:[1-9]|1[0-9]|2[0-4])|[A-Za-z0-9])$"
"""`FREE_KEY` as an editor's engine reads patterns: it knows no flags."""
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def json_schema() -> dict[str, Any]:
    """Draft 2020-12: every key with its type, default and meaning; the key bindings that can be changed are named."""
    definitions: dict[str, Any] = {}
    schema = _describe_table(TableShape(System), definitions)
    schema["properties"]["keys"] |= {
        "additionalProperties": False,
        "properties": _build_bindings_schema(),
        "patternProperties": {PROCEDURE_KEY: {"type": "string", "description": "The procedure that the key opens."}},
    }
    for path, notice in RETIRED.items():
        table = _table_schema_of(path[:-1], schema, definitions)
        table["properties"][path[-1]] = {"deprecated": True, "description": f"It {notice}."}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": dict(sorted(definitions.items())),
        **schema,
        "title": "cockpit.toml",
    }


def _table_schema_of(path: tuple[str, ...], schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    shape = dict(list_tables_of())[path]
    return schema if shape.noun is System and not shape.group else definitions[_name_definition(shape)]


def _describe_table(shape: TableShape, definitions: dict[str, Any]) -> dict[str, Any]:
    keys = keys_of_table(shape.noun, shape.group)
    description = GROUPS[shape.group] if shape.group else " ".join((shape.noun.__doc__ or "").split())
    schema: dict[str, Any] = {
        "type": "object",
        "description": description,
        "additionalProperties": False,
        "properties": {key: _describe_key(declaration, definitions) for key, declaration in keys.items()},
    }
    required = [key for key, declaration in keys.items() if declaration.required]
    return schema | ({"required": required} if required else {})


def _name_definition(shape: TableShape) -> str:
    return shape.group.capitalize() if shape.group else shape.noun.__name__


def _describe_key(declaration: KeyDeclaration, definitions: dict[str, Any]) -> dict[str, Any]:
    meaning = describe_meaning(declaration)
    schema = {"description": meaning, **_describe_shape(declaration.shape, definitions)}
    if declaration.shape == TableShape(HttpAuth):
        schema = {"description": meaning, "anyOf": [SHORT_AUTH, {"$ref": schema["$ref"]}]}
    default = declaration.written_default()
    return schema if default is NOTHING or "$ref" in schema else schema | {"default": default}


def describe_meaning(declaration: KeyDeclaration) -> str:
    """The meaning of a key in plain text, with what holds without it where no value says that."""
    setting = declaration.setting
    absent = f" Without it: {setting.absent_text}." if setting.absent_text else ""
    required = f" Required {setting.required_for}." if setting.required_for else ""
    return LINK.sub(r"\1", f"{setting.meaning}{required}{absent}").replace("*", "").replace("`", "")


def _describe_shape(shape: Shape, definitions: dict[str, Any]) -> dict[str, Any]:
    match shape:
        case ValueKind(schema=schema):
            return schema
        case FlagShape():
            return {"type": "boolean"}
        case NumberShape(minimum=minimum, maximum=maximum):
            bounds = {"minimum": minimum, "maximum": maximum}
            return {"type": "integer", **{name: bound for name, bound in bounds.items() if bound is not None}}
        case ChoiceShape(texts=texts):
            return {"type": "string", "enum": list(texts)}
        case ListShape(element=element, not_empty=not_empty):
            items = {"type": "array", "items": _describe_shape(element, definitions)}
            return items | ({"minItems": 1} if not_empty else {})
        case MapShape(element=element):
            return {"type": "object", "additionalProperties": _describe_shape(element, definitions)}
        case TablesShape(noun=noun):
            return {"type": "array", "items": _refer_to_table(TableShape(noun), definitions)}
        case NamedTablesShape(noun=noun):
            return {"type": "object", "additionalProperties": _refer_to_table(TableShape(noun), definitions)}
        case TableShape():
            return _refer_to_table(shape, definitions)


def _refer_to_table(shape: TableShape, definitions: dict[str, Any]) -> dict[str, Any]:
    name = _name_definition(shape)
    if name not in definitions:
        definitions[name] = {}
        definitions[name] = _describe_table(shape, definitions)
    return {"$ref": f"#/$defs/{name}"}


def _build_bindings_schema() -> dict[str, Any]:
    """Each key binding; TOML reads `table.up` as `up` in the table `table`."""
    from cockpit.model.key_bindings import KEY_TABLES, RENAMED  # a file is read without the keys of every screen

    bindings: dict[str, Any] = {}
    for binding in (binding for table in KEY_TABLES for binding in table.bindings):
        group, dot, name = binding.id.partition(".")
        named = {"type": "string", "default": binding.key, "description": binding.tooltip}
        if dot:
            inner = bindings.setdefault(group, {"type": "object", "additionalProperties": False, "properties": {}})
            inner["properties"].setdefault(name, named)
        else:
            bindings.setdefault(binding.id, named)
    for old, new in RENAMED.items():
        before, table = old.rstrip("."), {**bindings[new.rstrip(".")], "deprecated": True}
        bindings[before] = {"anyOf": [bindings[before], table]} if before in bindings else table
    return bindings


# The tables of docs/configuration.md.

SHAPE_WORDS = {"text": "text", "path": "paths", "URL": "URLs", "condition": "conditions", "date": "dates"}


def list_reference_rows(shape: TableShape) -> list[str]:
    """The keys of a table as rows of a Markdown table."""
    rows = ["| key | type | default | meaning |", "|---|---|---|---|"]
    for declaration in keys_of_table(shape.noun, shape.group).values():
        if shape.noun is System and isinstance(declaration.shape, TABLE_SHAPES):
            continue  # each has a section of its own
        cells = (
            f"`{declaration.key}`",
            _name_shape(declaration.shape),
            _describe_default(declaration),
            declaration.setting.meaning,
        )
        rows.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return rows


def _describe_default(declaration: KeyDeclaration) -> str:
    setting, default = declaration.setting, declaration.written_default()
    if declaration.required:
        return "*required*"
    if setting.required_for:
        return f"*required* {setting.required_for}"
    if setting.absent_text:
        return setting.absent_text
    if default is NOTHING or default in ({}, []):
        return "none"
    if isinstance(default, str):
        return f'`"{default}"`' if default else "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`".replace("'", '"')


def _name_shape(shape: Shape) -> str:
    match shape:
        case ValueKind(word=word):
            return word
        case FlagShape():
            return "`true`, `false`"
        case NumberShape():
            return "number"
        case ChoiceShape(texts=texts):
            return ", ".join(f"`{text}`" for text in texts)
        case ListShape(element=element):
            word = _name_shape(element)
            return f"list of {SHAPE_WORDS.get(word, word)}"
        case MapShape(element=element):
            return f"table of {_name_shape(element)}"
        case TableShape():
            return "table"
        case TablesShape(noun=noun):
            keys = [key for key, declaration in keys_of_table(noun).items() if declaration.required]
            return f"list of `{{ {', '.join(keys)} }}`" if len(keys) == len(keys_of_table(noun)) else "tables"
        case NamedTablesShape():
            return "tables"


TABLE_SHAPES = (TableShape, TablesShape, NamedTablesShape, MapShape)
REFERENCE_TABLE = re.compile(r"(<!-- keys: (?P<path>[^>]*?) -->\n)(?:\|.*\n)*")


def write_reference(text: str) -> str:
    """A document with the table behind each `<!-- keys: environments.*.probes -->` made of the declarations."""
    tables = {".".join(path): shape for path, shape in list_tables_of()}

    def write_table(match: re.Match[str]) -> str:
        path = match["path"].strip()
        return match[1] + "\n".join(list_reference_rows(tables[path if path != "top" else ""])) + "\n"

    return REFERENCE_TABLE.sub(write_table, text)
