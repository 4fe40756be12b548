"""The report of a run: its drawings, its page, a page that follows it, and files for papers."""
