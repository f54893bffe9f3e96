SELECT paged, anchor_starts, anchor_ends, anchor_numbers FROM knowledge_document WHERE document_hash = ?
