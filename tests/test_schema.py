"""What the browser client's types are made from."""

import json

from twinspace_rt.docs.messages import CreateDocument, DocsSnapshot, DocumentCreated
from twinspace_rt.rooms.access import AUTHORS, Rule
from twinspace_rt.rooms.feature import Call, Feature
from twinspace_rt.schema import protocol_schema


async def handle(call: Call, command: CreateDocument) -> None:
    """Do nothing: only the shape of the frames counts here."""


feature = Feature(
    name="docs",
    commands={CreateDocument: (handle, Rule(AUTHORS))},
    pushes=(DocumentCreated,),
    snapshot_type=DocsSnapshot,
)


def test_each_frame_is_in_its_union() -> None:
    schema = protocol_schema([feature])
    properties = schema["properties"]
    assert {"$ref": "#/$defs/CreateDocument"} in properties["command"]["anyOf"]
    assert {"$ref": "#/$defs/Hello"} in properties["command"]["anyOf"]
    assert {"$ref": "#/$defs/DocumentCreated"} in properties["push"]["anyOf"]
    snapshots = schema["$defs"]["Snapshots"]
    assert snapshots["properties"] == {"docs": {"$ref": "#/$defs/DocsSnapshot"}}
    assert schema["$defs"]["Welcome"]["properties"]["features"] == {"$ref": "#/$defs/Snapshots"}
    json.dumps(schema)


def test_what_is_always_sent_is_required_and_what_may_be_missing_is_not() -> None:
    definitions = protocol_schema([feature])["$defs"]
    pushed = definitions["DocumentCreated"]["required"]
    assert {"type", "seq", "at", "document"} <= set(pushed)
    assert "nonce" not in pushed
    # A command's defaults may be left out.
    assert set(definitions["CreateDocument"]["required"]) == {
        "type",
        "id",
        "nonce",
        "title",
        "kind",
    }
