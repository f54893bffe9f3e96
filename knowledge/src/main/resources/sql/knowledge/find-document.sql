SELECT d.document_id, d.segment_count, d.content_length,
       d.segment_count - (SELECT count(*)
                          FROM knowledge_segment s
                          JOIN knowledge_embedding e USING (segment_id)
                          WHERE s.document_id = d.document_id AND e.model_id = ?) AS segments_without_vector
FROM knowledge_document d
WHERE d.document_hash = ?
