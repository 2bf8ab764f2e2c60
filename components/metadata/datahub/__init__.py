"""DataHub: its metadata service, consumers and page, the Jobs that set them up, and the login."""
