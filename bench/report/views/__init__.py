"""Shows a report: as a page, as Markdown, on the terminal, as JSON; and writes the files of a run."""
