"""What the panel does with a server: network boot, installation, diagnostics, release."""
