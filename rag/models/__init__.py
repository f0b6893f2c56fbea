"""Neural models: text comes in; vectors, token codes and relevance scores go out. Only this room imports torch."""
