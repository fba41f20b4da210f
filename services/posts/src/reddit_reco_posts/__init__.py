"""The master data of posts: reading, writing, and nothing else."""

__version__ = "0.1.0"
