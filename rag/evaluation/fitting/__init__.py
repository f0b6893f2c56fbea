"""Questions about an archive come in; fusion weights and a confidence, fitted to it and measured, go out."""
