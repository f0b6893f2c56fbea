"""The search page: server-rendered, whole without scripts, asking no other host for anything."""
