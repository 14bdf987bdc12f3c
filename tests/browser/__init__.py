"""Tests in a real browser: a package, so that a fixture can last from its first test to its last."""
