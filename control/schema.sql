-- The store of dncontrol, version 1. Only store.c runs this, once, in an
-- empty file; a later version adds a script of its own that leads there.
-- Numbers of 64 bits are kept as SQLite's signed ones; times are milliseconds
-- of the Unix clock.

CREATE TABLE account (
	name TEXT NOT NULL PRIMARY KEY,
	hash TEXT NOT NULL,
	number INTEGER NOT NULL,      -- last used; 0: none yet
	locked INTEGER NOT NULL,
	created INTEGER NOT NULL,
	seen INTEGER NOT NULL,        -- last login; 0: none yet
	incarnation INTEGER NOT NULL, -- which dnchatd, and which of its records
	seq INTEGER NOT NULL          -- asked for it: it may ask again
) STRICT, WITHOUT ROWID;

CREATE TABLE room (
	name TEXT NOT NULL PRIMARY KEY, -- without '#'
	number INTEGER NOT NULL,
	lines INTEGER NOT NULL DEFAULT 0 -- in table line
) STRICT;

CREATE TABLE member (
	room TEXT NOT NULL REFERENCES room (name) ON DELETE CASCADE,
	account TEXT NOT NULL,
	PRIMARY KEY (room, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE line (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	room TEXT NOT NULL,
	time INTEGER NOT NULL,
	author TEXT NOT NULL,
	text TEXT NOT NULL
) STRICT;
CREATE INDEX line_by_room ON line (room, id);

CREATE TRIGGER line_added AFTER INSERT ON line BEGIN
	UPDATE room SET lines = lines + 1 WHERE name = NEW.room;
END;
CREATE TRIGGER line_gone AFTER DELETE ON line BEGIN
	UPDATE room SET lines = lines - 1 WHERE name = OLD.room;
END;

-- One row: the last record whose line is in table line.
CREATE TABLE applied (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	incarnation INTEGER NOT NULL,
	seq INTEGER NOT NULL
) STRICT;
INSERT INTO applied VALUES (1, 0, 0);
