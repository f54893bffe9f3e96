-- name: insert
INSERT INTO file (id, filename, purpose, bytes, sha256, created_at)
VALUES (:id, :filename, :purpose, :bytes, :sha256, :created_at)

-- name: find
SELECT id, filename, purpose, bytes, sha256, created_at FROM file WHERE id = :id

-- name: list-ascending
SELECT id, filename, purpose, bytes, sha256, created_at
FROM file
WHERE (:purpose::text IS NULL OR purpose = :purpose)
  AND (:after::text IS NULL OR position > (SELECT position FROM file WHERE id = :after))
ORDER BY position
LIMIT :limit

-- name: list-descending
SELECT id, filename, purpose, bytes, sha256, created_at
FROM file
WHERE (:purpose::text IS NULL OR purpose = :purpose)
  AND (:after::text IS NULL OR position < (SELECT position FROM file WHERE id = :after))
ORDER BY position DESC
LIMIT :limit

-- name: delete
DELETE FROM file WHERE id = :id

-- name: ids
SELECT id FROM file
