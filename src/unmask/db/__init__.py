"""The database: tables, migrations, sessions, and the repository that holds all SQL."""
