"""The lessons that were taught: what their readings say of each claim, in a language."""
