"""Writes extracts by proto/FORMAT.md, from a ledger in memory; for tests of those who check them."""
