INSERT INTO knowledge_document (document_hash, media_type, content, content_length, paged, anchor_starts, anchor_ends,
                                anchor_numbers, segment_count, term_count)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
RETURNING document_id
