SELECT file_id FROM knowledge_membership WHERE vector_store_id = ? ORDER BY file_id
