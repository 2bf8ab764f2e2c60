"""A cluster in Google Cloud, with the network, machines and identities that it stands on."""
