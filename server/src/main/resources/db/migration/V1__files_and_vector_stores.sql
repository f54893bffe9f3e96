-- Uploaded files; their bytes are in the file store under the same id.
CREATE TABLE file (
    id         text PRIMARY KEY,
    position   bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    filename   text        NOT NULL,
    purpose    text        NOT NULL,
    bytes      bigint      NOT NULL CHECK (bytes > 0),
    sha256     text        NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE vector_store (
    id             text PRIMARY KEY,
    position       bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    name           text        NOT NULL,
    description    text        NOT NULL DEFAULT '',
    metadata       jsonb       NOT NULL DEFAULT '{}',
    -- The page works on the default store; there is at most one.
    is_default     boolean     NOT NULL DEFAULT false,
    created_at     timestamptz NOT NULL,
    last_active_at timestamptz NOT NULL
);

CREATE UNIQUE INDEX vector_store_one_default ON vector_store (is_default) WHERE is_default;

CREATE TABLE vector_store_file (
    vector_store_id text        NOT NULL REFERENCES vector_store (id) ON DELETE CASCADE,
    file_id         text        NOT NULL REFERENCES file (id) ON DELETE CASCADE,
    position        bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    attributes      jsonb       NOT NULL DEFAULT '{}',
    status          text        NOT NULL CHECK (status IN ('in_progress', 'completed', 'failed', 'cancelled')),
    stage           text CHECK (stage IN ('parsing', 'splitting', 'embedding', 'storing')),
    progress        real        NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    error_code      text,
    error_message   text,
    document_hash   text,
    -- Runs of the job so far: a document that kills its worker is not tried for ever.
    attempts        integer     NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (vector_store_id, file_id),
    CHECK ((status = 'failed') = (error_code IS NOT NULL))
);

CREATE INDEX vector_store_file_by_file ON vector_store_file (file_id);
