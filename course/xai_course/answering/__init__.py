"""Networks that answer questions about drawn scenes, and what their answers depend on: words, and either input."""
