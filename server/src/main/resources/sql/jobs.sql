-- name: release-interrupted
UPDATE scheduled_tasks
SET picked = false, picked_by = NULL, last_heartbeat = NULL, version = version + 1
WHERE picked
