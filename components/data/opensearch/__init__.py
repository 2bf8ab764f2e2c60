"""OpenSearch: search indices behind HTTPS and a login."""
