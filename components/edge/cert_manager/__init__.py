"""cert-manager: who gets the certificates of the platform's names, and renews them."""
