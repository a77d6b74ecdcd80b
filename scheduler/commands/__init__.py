"""One file per command: `run(parsed, home, clock, terminal) -> exit code`."""
