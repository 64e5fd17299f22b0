"""An index on a PostgreSQL server: a schema per library, words as `tsvector`, pgvector's vectors.

Words are cut by our own rules (`library.terms`), never by the server's parsers, so that both
indexes find the same. `postings` says how they are kept, `scoring` how they are weighed.
"""

from loquitur.library.index.postgres.index import PostgresIndex, exists

__all__ = ["PostgresIndex", "exists"]
