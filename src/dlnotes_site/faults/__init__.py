"""Faults that are planted on purpose, to see whether the checks notice. `python -m dlnotes_site.faults` plants them."""
