"""Brings master data into every service's own store: position first, then copy, then tail."""
