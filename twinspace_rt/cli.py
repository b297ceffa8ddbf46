"""The command line: serve, and what describes or administers a server."""

import json
import socket
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from twinspace_rt.errors import TwinspaceError
from twinspace_rt.settings import load_settings

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

admin = typer.Typer(no_args_is_help=True, help="Administer a server, whether it runs or not.")
cli.add_typer(admin, name="admin")


class DocumentKind(StrEnum):
    """What the documents of a room for load tests are."""

    TEXT = "text"
    RICH = "rich"


@cli.command()
def serve(
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="How many processes share the port.")
    ] = 1,
    socket_number: Annotated[int | None, typer.Option("--socket", hidden=True)] = None,
) -> None:
    """Run the server until it is told to stop (Ctrl+C, or SIGTERM).

    Several workers need PostgreSQL and Redis: TWINSPACE_DATABASE_URL and TWINSPACE_BUS_URL.
    """
    from twinspace_rt import memory
    from twinspace_rt.app import build_node
    from twinspace_rt.operations.log_lines import set_up_logging
    from twinspace_rt.server import Server
    from twinspace_rt.workers import serve_with_workers

    memory.take_from_one_heap()
    settings = load_settings()
    set_up_logging(settings.log_format)
    if workers > 1:
        serve_with_workers(settings, workers)
        return
    listener = None if socket_number is None else socket.socket(fileno=socket_number)
    if listener is not None:
        # The engine's process would hold it as well, and with it the port, until it has ended.
        listener.set_inheritable(False)
    Server(build_node(settings), listener=listener).start()


@cli.command()
def protocol() -> None:
    """Print the text frames as JSON Schema, from which the browser client's types are made."""
    from twinspace_rt.app import FEATURES
    from twinspace_rt.schema import protocol_schema

    json.dump(protocol_schema(FEATURES), sys.stdout, indent=2)


@cli.command()
def document_rules() -> None:
    """Print what a document may hold, which the browser client's editor keeps to, as JSON."""
    from twinspace_rt.docs.schema import document_rules

    json.dump(document_rules(), sys.stdout, indent=2)


@cli.command()
def migrate() -> None:
    """Bring the database to the form of this version; ``serve`` does it by itself."""
    from twinspace_rt.app import build_node

    build_node(load_settings()).database.close_now()


@admin.command()
def permissions() -> None:
    """Print the permission table: which roles may send which message, in which room states."""
    from twinspace_rt.app import FEATURES
    from twinspace_rt.rooms.access import RoomState, roles_sorted
    from twinspace_rt.rooms.room import FeatureSet

    for kind, rule in sorted(FeatureSet(FEATURES).table.items()):
        states = ", ".join(state.value for state in RoomState if state in rule.states)
        typer.echo(f"{kind:24} {', '.join(roles_sorted(rule.roles))}  [{states}]")


@admin.command()
def create_administrator() -> None:
    """Print a one-time link with which somebody becomes an administrator.

    It is good for two days. Links that were printed before and not used end.
    """
    from twinspace_rt.admin import CreateAdministrator

    _print_ways(_ask(CreateAdministrator()))


@admin.command()
def backup(
    file: Annotated[Path, typer.Argument(help="What to make; it must not be there yet.")],
) -> None:
    """Copy the embedded database to a file, while the server runs or not."""
    from twinspace_rt.backup import back_up

    back_up(load_settings(), file)


@admin.command()
def put_back(
    file: Annotated[
        Path | None,
        typer.Argument(help="The copy of the embedded database; PostgreSQL has it already."),
    ] = None,
) -> None:
    """Go back to a copy, and make it fit to be served; no server may run.

    What the embedded database held is moved aside, into a folder whose name is printed.
    """
    from twinspace_rt.backup import put_back

    made = put_back(load_settings(), file)
    for what, count in made.done.items():
        print(f"{what} {count}")
    if made.aside:
        print(f"before {made.aside}")


@admin.command()
def checksums() -> None:
    """Print a sum of each table, room and document, to compare a database with its copy."""
    from twinspace_rt.backup import checksums

    print("\n".join(checksums(load_settings())))


@admin.command()
def demo() -> None:
    """Make the demonstration project, and print sign-in links for its people."""
    from twinspace_rt.admin import MakeDemo

    _print_ways(_ask(MakeDemo()))


@admin.command()
def load_room(
    documents: Annotated[int, typer.Option(min=0, max=10_000, help="How many documents.")] = 1,
    members: Annotated[int, typer.Option(min=1, max=10_000, help="How many members.")] = 1,
    kind: Annotated[DocumentKind, typer.Option(help="Of what kind.")] = DocumentKind.TEXT,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make a room for load tests, with members who are signed in and empty documents."""
    from twinspace_rt.admin import LoadRoom

    made = _ask(LoadRoom(documents=documents, members=members, kind=kind.value))
    if as_json:
        json.dump(made, sys.stdout)
        print()
        return
    print(f"room {made['room']}")
    for document in made["documents"]:
        print(f"document {document}")
    for member in made["members"]:
        print(f"member {member['id']} {member['cookie']}")


def _ask(request: Any) -> Any:
    from twinspace_rt.admin import ask

    return ask(load_settings(), request)


def _print_ways(ways: Any) -> None:
    for way in ways:
        print(f"{way['who']}\n  {way['link']}")


def main() -> None:
    """Run the command line; what an operator can mend is told in one sentence."""
    try:
        cli()
    except TwinspaceError as error:
        typer.echo(f"twinspace-rt: {error}", err=True)
        raise SystemExit(1) from error
