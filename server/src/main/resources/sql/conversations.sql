-- name: insert
INSERT INTO conversation (id, title, created_at, updated_at) VALUES (:id, :title, :now, :now)

-- name: find
SELECT id, title, created_at, updated_at FROM conversation WHERE id = :id

-- name: lock
SELECT id, title, created_at, updated_at FROM conversation WHERE id = :id FOR UPDATE

-- name: list
SELECT id, title, created_at, updated_at
FROM conversation
WHERE (:after::text IS NULL OR (updated_at, position) < (
        SELECT updated_at, position FROM conversation WHERE id = :after))
ORDER BY updated_at DESC, position DESC
LIMIT :limit

-- name: rename
UPDATE conversation SET title = :title WHERE id = :id

-- name: touch
UPDATE conversation SET updated_at = :now, title = coalesce(title, :title) WHERE id = :id

-- name: delete
DELETE FROM conversation WHERE id = :id

-- name: insert-message
INSERT INTO message (id, conversation_id, role, created_at) VALUES (:id, :conversation_id, :role, :now)

-- name: insert-version
INSERT INTO message_version (id, message_id, status, content, model, parameters, created_at)
VALUES (:id, :message_id, :status, :content, :model, :parameters::jsonb, :now)

-- name: versions
SELECT m.id AS message_id, m.role, m.created_at AS message_created_at,
       v.id, v.status, v.content, v.model, v.sources, v.created_at
FROM message m JOIN message_version v ON v.message_id = m.id
WHERE m.conversation_id = :conversation_id
ORDER BY m.position, v.position

-- name: citations
SELECT c.version_id, c.shown_index, c.file_id, c.filename, c.page, c.paragraph, c.quote, c.start_index, c.end_index,
       c.document_hash, c.document_start, c.document_end
FROM message_citation c
JOIN message_version v ON v.id = c.version_id
JOIN message m ON m.id = v.message_id
WHERE m.conversation_id = :conversation_id
ORDER BY c.version_id, c.ordinal

-- name: save-partial
UPDATE message_version SET content = :content WHERE id = :id AND status = 'streaming'

-- name: finish
UPDATE message_version
SET status = :status, content = :content, prompt = :prompt, sources = :sources::jsonb
WHERE id = :id AND status = 'streaming'

-- name: insert-citation
INSERT INTO message_citation (version_id, ordinal, shown_index, file_id, filename, page, paragraph, quote, start_index,
                              end_index, document_hash, document_start, document_end)
VALUES (:version_id, :ordinal, :shown_index, :file_id, :filename, :page, :paragraph, :quote, :start_index,
        :end_index, :document_hash, :document_start, :document_end)

-- name: end-interrupted
UPDATE message_version
SET status = CASE WHEN content = '' THEN 'failed' ELSE 'stopped' END
WHERE status = 'streaming'
