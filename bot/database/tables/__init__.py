"""The tables, as SQLAlchemy reads them: a module a subject; every column says what it holds.

Out: classes that the modules beside this folder query, and their one `Table.metadata` for the migrations.  No question
is asked here.  Ids are 64-bit; Discord's snowflakes are kept as they are.  Times are UTC and aware of it.  The same
tables serve SQLite and PostgreSQL.  Every list that a person pages through has an index that ends in the key it is
paged by.
"""

# Tables name each other: whoever imports one knows them all, and the metadata is whole.
from bot.database.tables import community, gallery, generations, moderation, people, settings

__all__ = ("community", "gallery", "generations", "moderation", "people", "settings")
