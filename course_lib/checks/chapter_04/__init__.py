"""The exercises of chapter 4, speed: one file each."""
