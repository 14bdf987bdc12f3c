"""The exercises of chapter 6, the default configuration: one file each."""
