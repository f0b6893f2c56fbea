"""Routes: a request comes in; one call of the service and its response go out."""
