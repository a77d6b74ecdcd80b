"""All SQL: schema, migrations, and one file of queries per aggregate, for SQLite and PostgreSQL alike."""
