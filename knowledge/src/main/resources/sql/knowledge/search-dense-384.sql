-- Order and WHERE repeat the expression and the predicate of the index knowledge_embedding_384.
SELECT e.segment_id, 1 - (e.embedding::halfvec(384) <=> ?::halfvec(384)) AS similarity
FROM knowledge_embedding e
JOIN knowledge_segment s USING (segment_id)
WHERE vector_dims(e.embedding) = 384
  AND e.model_id = ?
  AND EXISTS (SELECT 1 FROM knowledge_membership m
              WHERE m.document_id = s.document_id AND m.vector_store_id = ANY (?))
ORDER BY e.embedding::halfvec(384) <=> ?::halfvec(384)
LIMIT ?
