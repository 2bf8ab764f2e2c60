"""Mutation testing of the policies: the code is changed piece by piece, and each change must make a test fail."""
