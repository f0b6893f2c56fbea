"""Text -> unit vectors: sentence-transformers, its compiled OpenVINO twin, and a model-free fake.

`weights` names a model and its fingerprint; `torch_model` and `twin` run it; `hashing` needs no model.
The first two of equal `identity` are interchangeable: the twin is checked against torch when compiled.
"""
