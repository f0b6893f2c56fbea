"""What is fitted to an archive and stored with its index: the mix of a search, and the confidence of answers.

`logistic.py` holds the maths, `making.py` makes questions from an archive, `calibrating.py` and `tuning.py` fit,
`command.py` is `rag calibrate` and `rag tune`.
"""
