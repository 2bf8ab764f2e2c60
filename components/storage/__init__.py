"""Where data rests: object storage and SQL, and the contract by which a layer above gets in."""
