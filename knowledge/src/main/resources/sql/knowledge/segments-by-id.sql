SELECT s.segment_id, m.vector_store_id, m.file_id, m.filename, d.document_hash, s.start_offset, s.end_offset, s.content,
       s.page, s.paragraph
FROM knowledge_segment s
JOIN knowledge_document d USING (document_id)
JOIN LATERAL (SELECT * FROM knowledge_membership
              WHERE document_id = s.document_id AND vector_store_id = ANY (?)
              ORDER BY created_at, vector_store_id, file_id LIMIT 1) m ON true
WHERE s.segment_id = ANY (?)
