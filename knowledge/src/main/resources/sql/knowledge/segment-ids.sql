SELECT segment_id FROM knowledge_segment WHERE document_id = ? ORDER BY ordinal
