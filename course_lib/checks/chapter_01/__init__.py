"""The exercises of chapter 1, neurons: one file each."""
