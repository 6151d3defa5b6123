"""What an upload is and what happens to it: mapping, inspection, check, apply, undo, ledger, rejects."""
