-- Segments, vectors and terms go with it (ON DELETE CASCADE).
DELETE FROM knowledge_document d
WHERE d.document_hash = ?
  AND NOT EXISTS (SELECT 1 FROM knowledge_membership m WHERE m.document_id = d.document_id)
