CREATE TABLE conversation (
    id         text PRIMARY KEY,
    position   bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    -- Null until the first question or the person names it.
    title      text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE INDEX conversation_by_update ON conversation (updated_at DESC, position DESC);

CREATE TABLE message (
    id              text PRIMARY KEY,
    position        bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    conversation_id text        NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    role            text        NOT NULL CHECK (role IN ('user', 'assistant')),
    created_at      timestamptz NOT NULL
);

CREATE INDEX message_by_conversation ON message (conversation_id, position);

-- A user's message has one version; an answer has one for each time it was generated.
CREATE TABLE message_version (
    id           text PRIMARY KEY,
    position     bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    message_id   text        NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    status       text        NOT NULL CHECK (status IN ('streaming', 'completed', 'stopped', 'failed')),
    content      text        NOT NULL,
    -- What made an answer; null for a user's message.
    model        text,
    adapter_hash text,
    prompt       text,
    parameters   jsonb,
    -- What was given to the model, as the answer showed it: it outlives the documents' segments.
    sources      jsonb       NOT NULL DEFAULT '[]',
    created_at   timestamptz NOT NULL
);

CREATE INDEX message_version_by_message ON message_version (message_id, position);
CREATE INDEX message_version_streaming ON message_version (id) WHERE status = 'streaming';

-- A citation names the document by its content, so that it outlives a new split and a deletion.
CREATE TABLE message_citation (
    version_id     text    NOT NULL REFERENCES message_version (id) ON DELETE CASCADE,
    ordinal        integer NOT NULL,
    shown_index    integer NOT NULL CHECK (shown_index >= 1),
    file_id        text    NOT NULL,
    filename       text    NOT NULL,
    page           integer,
    paragraph      integer,
    quote          text    NOT NULL,
    -- Code points of the version's content.
    start_index    integer NOT NULL,
    end_index      integer NOT NULL,
    document_hash  text    NOT NULL,
    -- UTF-16 code units of the document's text.
    document_start integer NOT NULL,
    document_end   integer NOT NULL,
    PRIMARY KEY (version_id, ordinal)
);
