"""What a vendor can publish of a billing module: what was tried, what of it passed, why the rest did not, and how to repeat it."""
