DELETE FROM knowledge_membership WHERE vector_store_id = ? AND file_id = ?
