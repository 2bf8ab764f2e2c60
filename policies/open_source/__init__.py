"""The pack `open-source`: every image that a stack starts is open source, pinned and from an allowed registry."""
