"""The contract: what the routes of all functions say of themselves, as one OpenAPI document."""
