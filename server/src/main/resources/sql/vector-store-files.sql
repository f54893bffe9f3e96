-- name: insert
INSERT INTO vector_store_file (vector_store_id, file_id, attributes, status, created_at)
VALUES (:vector_store_id, :file_id, :attributes::jsonb, 'in_progress', :created_at)
ON CONFLICT (vector_store_id, file_id) DO NOTHING

-- name: find
SELECT v.vector_store_id, v.file_id, v.attributes, v.status, v.stage, v.progress, v.error_code, v.error_message,
       v.document_hash, v.attempts, v.created_at, f.filename, f.bytes
FROM vector_store_file v JOIN file f ON f.id = v.file_id
WHERE v.vector_store_id = :vector_store_id AND v.file_id = :file_id

-- name: list-ascending
SELECT v.vector_store_id, v.file_id, v.attributes, v.status, v.stage, v.progress, v.error_code, v.error_message,
       v.document_hash, v.attempts, v.created_at, f.filename, f.bytes
FROM vector_store_file v JOIN file f ON f.id = v.file_id
WHERE v.vector_store_id = :vector_store_id
  AND (:status::text IS NULL OR v.status = :status)
  AND (:after::text IS NULL OR v.position > (
        SELECT position FROM vector_store_file WHERE vector_store_id = :vector_store_id AND file_id = :after))
  AND (:before::text IS NULL OR v.position < (
        SELECT position FROM vector_store_file WHERE vector_store_id = :vector_store_id AND file_id = :before))
ORDER BY v.position
LIMIT :limit

-- name: list-descending
SELECT v.vector_store_id, v.file_id, v.attributes, v.status, v.stage, v.progress, v.error_code, v.error_message,
       v.document_hash, v.attempts, v.created_at, f.filename, f.bytes
FROM vector_store_file v JOIN file f ON f.id = v.file_id
WHERE v.vector_store_id = :vector_store_id
  AND (:status::text IS NULL OR v.status = :status)
  AND (:after::text IS NULL OR v.position < (
        SELECT position FROM vector_store_file WHERE vector_store_id = :vector_store_id AND file_id = :after))
  AND (:before::text IS NULL OR v.position > (
        SELECT position FROM vector_store_file WHERE vector_store_id = :vector_store_id AND file_id = :before))
ORDER BY v.position DESC
LIMIT :limit

-- name: begin-attempt
UPDATE vector_store_file
SET attempts = attempts + 1, stage = NULL, progress = 0
WHERE vector_store_id = :vector_store_id AND file_id = :file_id AND status = 'in_progress'
RETURNING attempts

-- name: progress
UPDATE vector_store_file
SET stage = :stage, progress = :progress
WHERE vector_store_id = :vector_store_id AND file_id = :file_id AND status = 'in_progress'

-- name: complete
UPDATE vector_store_file
SET status = 'completed', stage = NULL, progress = 1, document_hash = :document_hash
WHERE vector_store_id = :vector_store_id AND file_id = :file_id AND status = 'in_progress'

-- name: fail
UPDATE vector_store_file
SET status = 'failed', error_code = :code, error_message = :message
WHERE vector_store_id = :vector_store_id AND file_id = :file_id AND status = 'in_progress'

-- name: restart
UPDATE vector_store_file
SET status = 'in_progress', stage = NULL, progress = 0, error_code = NULL, error_message = NULL, attempts = 0
WHERE vector_store_id = :vector_store_id AND file_id = :file_id AND status IN ('failed', 'cancelled')

-- name: cancel
UPDATE vector_store_file
SET status = 'cancelled', stage = NULL
WHERE vector_store_id = :vector_store_id AND file_id = :file_id AND status = 'in_progress'

-- name: delete
DELETE FROM vector_store_file WHERE vector_store_id = :vector_store_id AND file_id = :file_id

-- name: without-job
SELECT v.vector_store_id, v.file_id
FROM vector_store_file v
WHERE v.status = 'in_progress'
  AND NOT EXISTS (
    SELECT 1 FROM scheduled_tasks t
    WHERE t.task_name = :task_name AND t.task_instance = v.vector_store_id || '/' || v.file_id)
