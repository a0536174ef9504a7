"""The built-in strategies, one a file; copy one to begin, which is why they import by full name.

The first underscore of a file's name reads as +: `asyncio_to_thread.py` is `asyncio+to_thread`.
"""
