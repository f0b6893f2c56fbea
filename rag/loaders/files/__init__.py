"""Files: paths come in; streams of bytes, through folders, archives and encodings, go out."""
