"""The exercises of chapter 3, unstable gradients: one file each."""
