"""The real `pulumi` with the plugin stand-ins, against a real API server without nodes. Needs no root."""
