"""Guard rails: pods without needless rights, no secret in the clear, nothing public or unencrypted by accident."""
