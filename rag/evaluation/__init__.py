"""Measuring: labelled questions are asked, judged, compared, gated and reported; every figure comes from here.

`labelled` reads a set, `asking` asks it, `runs` keeps what came back; `summary`, `slices`, `comparing`, `gating` and
`report` are functions of a run. `measures`, `calibration` and `bootstrap` are the field's formulas. `command` is
`rag eval`.
"""
