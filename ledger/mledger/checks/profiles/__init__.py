"""The profiles, one a file: where paragraphs of rule books are evidenced."""
