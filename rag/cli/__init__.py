"""The `rag` command: arguments come in; calls to the service and lines on a terminal go out."""
