SELECT vector_store_id FROM knowledge_membership WHERE file_id = ? ORDER BY vector_store_id
