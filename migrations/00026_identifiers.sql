-- One hint names one person: as what else an identifier can be read, and how
-- identifiers go from one person to another.

-- +goose Up
-- That a user name, a customer number or a subject can be read as another
-- identifier too, where that can't be told from the other one: as a phone number
-- or a CPF, or a subject as text without case (kind 'text').
CREATE TABLE identifier_readings (
    kind    TEXT NOT NULL,
    norm    TEXT NOT NULL,
    of_kind TEXT NOT NULL,
    of_norm TEXT NOT NULL,
    PRIMARY KEY (kind, norm, of_kind, of_norm),
    FOREIGN KEY (of_kind, of_norm) REFERENCES identifiers (kind, norm) ON UPDATE CASCADE ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX identifier_readings_of ON identifier_readings (of_kind, of_norm);

-- Identifiers of before these rules that would be refused today: poses_as is
-- what a user name or customer number can be taken for, or the other identifier
-- is another person's and one hint can be both. Filled in Go, once.
CREATE TABLE mistakable_identifiers (
    kind       TEXT NOT NULL,
    norm       TEXT NOT NULL,
    poses_as   TEXT,
    other_kind TEXT,
    other_norm TEXT,
    CHECK ((poses_as IS NULL) = (other_kind IS NOT NULL)),
    FOREIGN KEY (kind, norm) REFERENCES identifiers (kind, norm) ON UPDATE CASCADE ON DELETE CASCADE,
    FOREIGN KEY (other_kind, other_norm) REFERENCES identifiers (kind, norm) ON UPDATE CASCADE ON DELETE CASCADE
) STRICT;
CREATE INDEX mistakable_identifiers_of ON mistakable_identifiers (kind, norm);
CREATE INDEX mistakable_identifiers_other ON mistakable_identifiers (other_kind, other_norm);

-- What people had as identifiers and have no longer, as HMACs with a key of the
-- installation. reading is 0 for the identifier itself, 1 for one of its readings.
CREATE TABLE released_identifiers (
    hash        TEXT    NOT NULL,
    reading     INTEGER NOT NULL,
    person_id   TEXT    NOT NULL REFERENCES persons (id),
    released_at INTEGER NOT NULL,
    PRIMARY KEY (hash, reading, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX released_identifiers_time ON released_identifiers (released_at);

-- An identifier that was given to another person soon after it was released.
-- It names nobody until ends_at; ended_at is when that was over, or the
-- identifier was taken away again meanwhile.
CREATE TABLE identifier_moves (
    id          TEXT    NOT NULL PRIMARY KEY,
    kind        TEXT    NOT NULL,
    from_person TEXT    NOT NULL REFERENCES persons (id),
    to_person   TEXT    NOT NULL REFERENCES persons (id),
    moved_at    INTEGER NOT NULL,
    ends_at     INTEGER NOT NULL,
    ended_at    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX identifier_moves_newest ON identifier_moves (moved_at);
CREATE INDEX identifier_moves_from ON identifier_moves (from_person, moved_at);
CREATE INDEX identifier_moves_to ON identifier_moves (to_person, moved_at);
CREATE INDEX identifier_moves_waiting ON identifier_moves (ends_at) WHERE ended_at = 0;

-- The move by which the person has it, while that waits.
ALTER TABLE identifiers ADD COLUMN move_id TEXT REFERENCES identifier_moves (id);
CREATE INDEX identifiers_moving ON identifiers (move_id) WHERE move_id IS NOT NULL;
