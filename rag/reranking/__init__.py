"""Question and passages -> a better order of the same passages, in time or not at all.

`cross_encoder` runs a model over both together; `worker` holds any Reranker to a deadline.
"""
