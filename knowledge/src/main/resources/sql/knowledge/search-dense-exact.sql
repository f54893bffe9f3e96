-- The operator is applied to the column as it is, which no index matches: every vector in scope is compared.
WITH scope AS (
    SELECT DISTINCT document_id FROM knowledge_membership WHERE vector_store_id = ANY (?)
)
SELECT e.segment_id, 1 - (e.embedding <=> ?::halfvec) AS similarity
FROM scope
JOIN knowledge_segment s USING (document_id)
JOIN knowledge_embedding e USING (segment_id)
WHERE e.model_id = ?
ORDER BY similarity DESC, e.segment_id
LIMIT ?
