"""What runs inside a sandbox: a nursery that forks, locks around each fork, and the jobs that decode."""
