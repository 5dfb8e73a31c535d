"""The console in the browser: its page and files, at `/_console/`. `console/` has the source."""
