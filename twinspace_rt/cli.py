"""The command line: serve, and what describes or administers a server."""

import json
import sys

import typer

from twinspace_rt.errors import TwinspaceError
from twinspace_rt.settings import load_settings

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@cli.command()
def serve() -> None:
    """Run the server until it is told to stop (Ctrl+C, or SIGTERM)."""
    from twinspace_rt.app import build_node
    from twinspace_rt.server import Server, set_up_logging

    set_up_logging()
    Server(build_node(load_settings())).run()


@cli.command()
def protocol() -> None:
    """Print the text frames as JSON Schema, from which the browser client's types are made."""
    from twinspace_rt.app import FEATURES
    from twinspace_rt.schema import protocol_schema

    json.dump(protocol_schema(FEATURES), sys.stdout, indent=2)


def main() -> None:
    """Run the command line; what an operator can mend is told in one sentence."""
    try:
        cli()
    except TwinspaceError as error:
        typer.echo(f"twinspace-rt: {error}", err=True)
        raise SystemExit(1) from error
