INSERT INTO knowledge_embedding (segment_id, model_id, embedding) VALUES (?, ?, ?::halfvec)
ON CONFLICT (segment_id, model_id) DO NOTHING
