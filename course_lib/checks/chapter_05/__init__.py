"""The exercises of chapter 5, overfitting: one file each."""
