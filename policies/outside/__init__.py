"""The packs where no engine runs: on rendered manifests and on state files, in CI and before a commit."""
