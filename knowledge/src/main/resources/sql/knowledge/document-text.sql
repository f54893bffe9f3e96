SELECT d.content, d.paged, d.anchor_starts, d.anchor_ends, d.anchor_numbers,
       (SELECT m.filename FROM knowledge_membership m
        WHERE m.document_id = d.document_id ORDER BY m.created_at, m.file_id LIMIT 1) AS filename
FROM knowledge_document d
WHERE d.document_hash = ?
