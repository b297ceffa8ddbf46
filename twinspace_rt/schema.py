"""The text frames as JSON Schema: what the browser client's types are made from."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from twinspace_rt.rooms.feature import Feature
from twinspace_rt.rooms.messages import Hello, Welcome


def protocol_schema(features: Sequence[Feature]) -> dict[str, Any]:
    """Describe every command, push, reply and snapshot of ``features`` in one JSON Schema.

    Its properties: ``command`` and ``push`` are unions over ``type``; ``replies`` maps the type of
    a command that answers more than :class:`~twinspace_rt.rooms.feature.Changed` to its answer;
    ``snapshots`` maps a feature's name to its part of a welcome. A field the server always sends is
    required, whether or not it has a default.
    """
    commands: list[Any] = [Hello, *(c for feature in features for c in feature.commands)]
    pushes: list[Any] = [Welcome, *(push for feature in features for push in feature.pushes)]
    replies: dict[str, Any] = {
        str(command.__struct_config__.tag): reply
        for feature in features
        for command, reply in feature.replies.items()
    }
    snapshots: dict[str, Any] = {
        feature.name: feature.snapshot_type for feature in features if feature.snapshot_type
    }
    types = [*commands, *pushes, *replies.values(), *snapshots.values()]
    schemas, definitions = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    of = dict(zip(map(id, types), schemas, strict=True))
    for struct in _sent_structs([*pushes, *replies.values(), *snapshots.values()]):
        definition = definitions[_definition_name(struct, definitions)]
        definition["required"] = [
            field.encode_name
            for field in msgspec.structs.fields(struct)
            if field.default is not UNSET
        ]
        if struct.__struct_config__.tag_field:
            definition["required"].insert(0, struct.__struct_config__.tag_field)
    welcome = definitions[Welcome.__name__]
    welcome["properties"]["features"] = {"$ref": "#/$defs/Snapshots"}
    definitions["Snapshots"] = _object({name: of[id(kind)] for name, kind in snapshots.items()})
    root = _object(
        {
            "command": {"anyOf": [of[id(command)] for command in commands]},
            "push": {"anyOf": [of[id(push)] for push in pushes]},
            "replies": _object({tag: of[id(reply)] for tag, reply in replies.items()}),
            "snapshots": {"$ref": "#/$defs/Snapshots"},
        }
    )
    return {"title": "Protocol", **root, "$defs": definitions}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _sent_structs(types: Iterable[Any]) -> list[type[Struct]]:
    """Find the structs in what the server sends, but for those that leave defaults out."""
    found: dict[type[Struct], None] = {}

    def visit(info: Any) -> None:
        if isinstance(info, msgspec.inspect.StructType):
            if info.cls in found:
                return
            found[info.cls] = None
            for field in info.fields:
                visit(field.type)
        for name in ("types", "item_types"):
            for inner in getattr(info, name, ()):
                visit(inner)
        for name in ("type", "item_type", "key_type", "value_type"):
            inner = getattr(info, name, None)
            if isinstance(inner, msgspec.inspect.Type):
                visit(inner)

    for info in msgspec.inspect.multi_type_info(types):
        visit(info)
    return [struct for struct in found if not struct.__struct_config__.omit_defaults]


def _definition_name(struct: type[Struct], definitions: dict[str, Any]) -> str:
    """Return the name msgspec gave a struct: longer where two modules have one of that name."""
    long_name = f"{struct.__module__}.{struct.__qualname__}".replace(".", "_")
    return struct.__name__ if struct.__name__ in definitions else long_name
