INSERT INTO knowledge_embedding_model (model_id, dimensions) VALUES (?, ?) ON CONFLICT DO NOTHING
