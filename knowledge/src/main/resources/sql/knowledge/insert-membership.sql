INSERT INTO knowledge_membership (vector_store_id, file_id, filename, document_id)
VALUES (?, ?, ?, ?)
ON CONFLICT (vector_store_id, file_id) DO UPDATE SET filename = excluded.filename
