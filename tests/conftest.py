"""No example of a property has a deadline: the machines are shared, and a slow one is not wrong."""

from hypothesis import settings

settings.register_profile("dlnotes", deadline=None)
settings.load_profile("dlnotes")
