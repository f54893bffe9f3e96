-- Without it a filter on top of an HNSW scan can leave fewer rows than asked for, or none.
SELECT set_config('hnsw.iterative_scan', 'strict_order', true), set_config('hnsw.ef_search', '100', true)
