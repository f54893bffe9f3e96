INSERT INTO knowledge_term (term, segment_id, frequency)
SELECT * FROM unnest(?::text[], ?::bigint[], ?::integer[])
