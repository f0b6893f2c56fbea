"""TEMPORARY until the loaders branch is merged."""

from rag.loaders.fields.ids import of_url as of_url  # noqa
