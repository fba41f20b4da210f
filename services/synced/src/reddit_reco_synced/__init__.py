"""What services share whose store others feed: sync's copies and orders, ingest's batches."""

from .erasing import Eraser, UserErased, is_erased
from .sync_state import SyncState

__all__ = ["Eraser", "SyncState", "UserErased", "is_erased"]
