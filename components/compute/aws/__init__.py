"""A cluster in AWS, with the network, machines and identities that it stands on."""
