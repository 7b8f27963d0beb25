"""The frameworks, one a file: where paragraphs of frameworks are evidenced."""
