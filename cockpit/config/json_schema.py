"""The JSON Schema of cockpit.toml, for editors."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from cockpit.config.tables import Root
from cockpit.model.keys import DEFAULT_KEYS


class _Plain(GenerateJsonSchema):
    """Without titles that only repeat a key's name, and without null, which TOML does not have."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def nullable_schema(self, schema: Any) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: Any) -> dict[str, Any]:
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)


def json_schema() -> dict[str, Any]:
    """Draft 2020-12: every key with its type, default and meaning; the actions that can be bound are named."""
    found = Root.model_json_schema(by_alias=True, schema_generator=_Plain)
    found["properties"]["keys"] |= {"additionalProperties": False, "properties": _actions()}
    return {"$schema": _Plain.schema_dialect, **found, "title": "cockpit.toml"}


def _actions() -> dict[str, Any]:
    """Each action that has a key; TOML reads `table.up` as `up` in the table `table`."""
    actions: dict[str, Any] = {}
    for action, keys in DEFAULT_KEYS.items():
        group, dot, name = action.partition(".")
        named = {"type": "string", "default": keys}
        if dot:
            inner = actions.setdefault(group, {"type": "object", "additionalProperties": False, "properties": {}})
            inner["properties"][name] = named
        else:
            actions[action] = named
    return actions
