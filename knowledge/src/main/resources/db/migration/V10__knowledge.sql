-- Documents, their segments, vectors and lexical index. Owned by the knowledge module; nobody else reads these tables.
CREATE EXTENSION IF NOT EXISTS vector;

-- One row per content: the same bytes under several file ids are one document.
CREATE TABLE knowledge_document (
    document_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_hash  text        NOT NULL UNIQUE,
    media_type     text        NOT NULL,
    content        text        NOT NULL,
    -- UTF-16 code units, as all offsets are; PostgreSQL counts code points.
    content_length integer     NOT NULL,
    -- Anchors column by column: number is a page if paged, else a paragraph.
    paged          boolean     NOT NULL,
    anchor_starts  integer[]   NOT NULL,
    anchor_ends    integer[]   NOT NULL,
    anchor_numbers integer[]   NOT NULL,
    -- Sums over the segments, so that BM25 need not count them at each search.
    segment_count  integer     NOT NULL,
    term_count     bigint      NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now()
);

-- Which files of which vector stores hold a document. A document without a row here is removed.
CREATE TABLE knowledge_membership (
    vector_store_id text        NOT NULL,
    file_id         text        NOT NULL,
    filename        text        NOT NULL,
    document_id     bigint      NOT NULL REFERENCES knowledge_document,
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (vector_store_id, file_id)
);
CREATE INDEX knowledge_membership_document ON knowledge_membership (document_id);
CREATE INDEX knowledge_membership_file ON knowledge_membership (file_id);

CREATE TABLE knowledge_segment (
    segment_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id  bigint  NOT NULL REFERENCES knowledge_document ON DELETE CASCADE,
    ordinal      integer NOT NULL,
    start_offset integer NOT NULL,
    end_offset   integer NOT NULL,
    page         integer,
    paragraph    integer,
    heading      text,
    content      text    NOT NULL,
    term_count   integer NOT NULL,
    UNIQUE (document_id, ordinal)
);

-- Vectors of different models are never compared; the length of each model's vectors is fixed here.
CREATE TABLE knowledge_embedding_model (
    model_id   text    PRIMARY KEY,
    dimensions integer NOT NULL CHECK (dimensions BETWEEN 1 AND 4000)
);

CREATE TABLE knowledge_embedding (
    segment_id bigint  NOT NULL REFERENCES knowledge_segment ON DELETE CASCADE,
    model_id   text    NOT NULL REFERENCES knowledge_embedding_model,
    embedding  halfvec NOT NULL,
    PRIMARY KEY (segment_id, model_id)
);
-- For 384 dimensions (multilingual-e5-small); vectors of any other length are searched exactly.
CREATE INDEX knowledge_embedding_384 ON knowledge_embedding
    USING hnsw ((embedding::halfvec(384)) halfvec_cosine_ops) WITH (m = 16, ef_construction = 64)
    WHERE vector_dims(embedding) = 384;

-- Inverted index: which segments hold a term, and how often.
CREATE TABLE knowledge_term (
    term       text    NOT NULL,
    segment_id bigint  NOT NULL REFERENCES knowledge_segment ON DELETE CASCADE,
    frequency  integer NOT NULL,
    PRIMARY KEY (term, segment_id)
);
CREATE INDEX knowledge_term_segment ON knowledge_term (segment_id);
