"""Terminal tables, progress display and HTML reports."""
