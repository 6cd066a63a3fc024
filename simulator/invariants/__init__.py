"""What must hold, whatever goes wrong; the money ledger among it."""
