"""The exercises of chapter 2, training: one file each."""
