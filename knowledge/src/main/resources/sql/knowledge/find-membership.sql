SELECT d.document_hash
FROM knowledge_membership m
JOIN knowledge_document d USING (document_id)
WHERE m.vector_store_id = ? AND m.file_id = ?
