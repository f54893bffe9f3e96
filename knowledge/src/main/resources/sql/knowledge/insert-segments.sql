INSERT INTO knowledge_segment (document_id, ordinal, start_offset, end_offset, page, paragraph, heading, content,
                               term_count)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
