SELECT s.segment_id, s.heading, s.content
FROM knowledge_segment s
JOIN knowledge_document d USING (document_id)
WHERE d.document_hash = ?
  AND NOT EXISTS (SELECT 1 FROM knowledge_embedding e WHERE e.segment_id = s.segment_id AND e.model_id = ?)
ORDER BY s.ordinal
