"""The components for programs in any language: a Pulumi plugin whose schema is made from their models."""
