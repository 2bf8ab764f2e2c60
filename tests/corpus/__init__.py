"""Objects with images in all places and forms, for both enforcers of the rules on them: the pack and the API server."""
