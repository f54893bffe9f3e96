SELECT (SELECT count(*) FROM knowledge_document d
        WHERE NOT EXISTS (SELECT 1 FROM knowledge_membership m WHERE m.document_id = d.document_id)) AS documents,
       (SELECT count(*) FROM knowledge_segment s
        WHERE NOT EXISTS (SELECT 1 FROM knowledge_document d WHERE d.document_id = s.document_id)) AS segments,
       (SELECT count(*) FROM knowledge_embedding e
        WHERE NOT EXISTS (SELECT 1 FROM knowledge_segment s WHERE s.segment_id = e.segment_id)) AS vectors,
       (SELECT count(*) FROM knowledge_term t
        WHERE NOT EXISTS (SELECT 1 FROM knowledge_segment s WHERE s.segment_id = t.segment_id)) AS terms
