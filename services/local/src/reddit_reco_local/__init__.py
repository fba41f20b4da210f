"""All services as local processes on an embedded MongoDB: no cluster, no Docker."""
