"""Alembic's way in: it runs on a connection handed over by `twinspace_rt.db.migrate`."""

from alembic import context

from twinspace_rt.db.metadata import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite changes a table by copying it.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
