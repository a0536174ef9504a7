"""Plug-ins for concbench."""
