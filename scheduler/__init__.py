"""The process: composition root, jobs, lease, daemon loop, command line."""
