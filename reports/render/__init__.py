"""Reports for a reader: a terminal, Markdown, CI, a notebook, and the files of other tools."""
