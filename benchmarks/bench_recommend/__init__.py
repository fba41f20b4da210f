"""Recommendation quality and speed of the service's engine, on data with held-out saves."""
