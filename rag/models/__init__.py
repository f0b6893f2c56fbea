"""Neural models: text comes in; vectors, token codes and relevance scores go out. The only room that may import torch."""
