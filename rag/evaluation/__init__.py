"""A dataset and a service come in; runs, metrics with intervals, comparisons, gates and reports go out."""
