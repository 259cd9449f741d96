"""Checks an extract by proto/FORMAT.md 13, and shares no code with the ledger."""
