"""What the chart's MongoDB needs beside mongod: bootstrap, readiness, users, Secrets, tokens."""
