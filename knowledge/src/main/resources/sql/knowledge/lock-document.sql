-- Held to the end of the transaction: one document is stored or removed by one transaction at a time.
SELECT pg_advisory_xact_lock(hashtextextended(?, 0))
