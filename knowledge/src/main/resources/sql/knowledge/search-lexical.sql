-- BM25 (Robertson and Zaragoza 2009, k1 = 1.2, b = 0.75) with the statistics of the searched vector stores. Terms are
-- joined with OR. Coverage is the share of the query's terms that a segment holds, weighted by their rarity; a term
-- that no segment holds counts as the rarest.
WITH scope AS (
    SELECT DISTINCT document_id FROM knowledge_membership WHERE vector_store_id = ANY (?)
), corpus AS (
    SELECT sum(d.segment_count)::float8 AS segments,
           sum(d.term_count)::float8 / greatest(sum(d.segment_count), 1) AS average_length
    FROM scope JOIN knowledge_document d USING (document_id)
), posting AS (
    SELECT t.term, t.segment_id, t.frequency::float8 AS frequency, s.term_count::float8 AS length
    FROM knowledge_term t
    JOIN knowledge_segment s USING (segment_id)
    JOIN scope USING (document_id)
    WHERE t.term = ANY (?)
), weight AS (
    SELECT q.term,
           ln(1 + (corpus.segments - count(p.term) + 0.5) / (count(p.term) + 0.5)) AS rarity
    FROM unnest(?::text[]) AS q (term)
    CROSS JOIN corpus
    LEFT JOIN posting p ON p.term = q.term
    GROUP BY q.term, corpus.segments
)
SELECT p.segment_id,
       sum(w.rarity * p.frequency * 2.2
           / (p.frequency + 1.2 * (0.25 + 0.75 * p.length / greatest(corpus.average_length, 1)))) AS score,
       sum(w.rarity) / (SELECT sum(rarity) FROM weight) AS coverage
FROM posting p
JOIN weight w USING (term)
CROSS JOIN corpus
GROUP BY p.segment_id
ORDER BY score DESC, p.segment_id
LIMIT ?
