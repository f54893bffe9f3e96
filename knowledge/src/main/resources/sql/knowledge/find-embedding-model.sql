SELECT dimensions FROM knowledge_embedding_model WHERE model_id = ?
