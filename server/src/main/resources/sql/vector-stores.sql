-- name: insert
INSERT INTO vector_store (id, name, description, metadata, is_default, created_at, last_active_at)
VALUES (:id, :name, :description, :metadata::jsonb, :is_default, :created_at, :created_at)
ON CONFLICT (is_default) WHERE is_default DO NOTHING

-- name: find
SELECT s.id, s.name, s.description, s.metadata, s.created_at, s.last_active_at, counts.*
FROM vector_store s
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE v.status = 'in_progress') AS in_progress,
           count(*) FILTER (WHERE v.status = 'completed')   AS completed,
           count(*) FILTER (WHERE v.status = 'failed')      AS failed,
           count(*) FILTER (WHERE v.status = 'cancelled')   AS cancelled,
           coalesce(sum(f.bytes) FILTER (WHERE v.status = 'completed'), 0) AS usage_bytes
    FROM vector_store_file v JOIN file f ON f.id = v.file_id
    WHERE v.vector_store_id = s.id
) counts
WHERE s.id = :id

-- name: list-ascending
SELECT s.id
FROM vector_store s
WHERE (:after::text IS NULL OR s.position > (SELECT position FROM vector_store WHERE id = :after))
  AND (:before::text IS NULL OR s.position < (SELECT position FROM vector_store WHERE id = :before))
ORDER BY s.position
LIMIT :limit

-- name: list-descending
SELECT s.id
FROM vector_store s
WHERE (:after::text IS NULL OR s.position < (SELECT position FROM vector_store WHERE id = :after))
  AND (:before::text IS NULL OR s.position > (SELECT position FROM vector_store WHERE id = :before))
ORDER BY s.position DESC
LIMIT :limit

-- name: default-id
SELECT id FROM vector_store WHERE is_default

-- name: update
UPDATE vector_store
SET name = coalesce(:name, name),
    description = coalesce(:description, description),
    metadata = coalesce(:metadata::jsonb, metadata)
WHERE id = :id

-- name: touch
UPDATE vector_store SET last_active_at = :now WHERE id = :id

-- name: delete
DELETE FROM vector_store WHERE id = :id
