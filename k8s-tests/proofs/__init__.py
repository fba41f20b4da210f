"""What must hold of a running release, wherever it runs: local processes or a cluster."""
