"""The OpenAPI schema, with an example of each record and of each problem."""
