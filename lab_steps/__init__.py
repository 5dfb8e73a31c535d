"""The lab's 38 steps: what each does, what must be true after it, and the runner."""
