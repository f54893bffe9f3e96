SELECT coalesce(sum(d.segment_count), 0)
FROM knowledge_document d
WHERE EXISTS (SELECT 1 FROM knowledge_membership m
              WHERE m.document_id = d.document_id AND m.vector_store_id = ANY (?))
