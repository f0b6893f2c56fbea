"""An MCP server (https://modelcontextprotocol.io) over the index: `rag mcp`, for hosts whose models call tools."""
