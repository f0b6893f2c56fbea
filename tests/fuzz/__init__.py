"""Damaged files of every format are read, and nothing but articles and problems may come out."""
