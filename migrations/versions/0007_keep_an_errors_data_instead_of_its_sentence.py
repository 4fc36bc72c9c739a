"""Keep an error's data instead of its sentence.

Follows 0006; written on 2026-11-29.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ROWS = sa.table("generations", sa.column("id"), sa.column("error_message"), sa.column("error_data", sa.JSON()))


def upgrade() -> None:
    op.add_column("generations", sa.Column("error_data", sa.JSON(), nullable=True))
    connection = op.get_bind()
    told = sa.select(ROWS.c.id, ROWS.c.error_message).where(ROWS.c.error_message.is_not(None))
    # `--sql` writes the statements without asking any database.
    rows = [] if op.get_context().as_sql else connection.execute(told).all()
    for row_id, message in rows:
        kept = ROWS.update().where(ROWS.c.id == row_id).values(error_data={"message": message})
        connection.execute(kept)
    op.drop_column("generations", "error_message")


def downgrade() -> None:
    op.add_column("generations", sa.Column("error_message", sa.Text(), nullable=True))
    connection = op.get_bind()
    rows = [] if op.get_context().as_sql else connection.execute(sa.select(ROWS.c.id, ROWS.c.error_data)).all()
    for row_id, data in rows:
        if data is not None:
            message = data.get("message") or json.dumps(data)
            connection.execute(ROWS.update().where(ROWS.c.id == row_id).values(error_message=message))
    op.drop_column("generations", "error_data")
