"""What an explorer calls the techniques of a Recipe: every one has a name, also one that came after this list."""

LABELS = {
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "rrelu": "RReLU",
    "prelu": "PReLU",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "standard_normal": "N(0, 1)",
    "xavier_normal": "Xavier",
    "he_normal": "He",
    "lecun_normal": "LeCun",
    "pytorch_uniform": "PyTorch's own",
}


def shown_name(name: str) -> str:
    """The name to read of a value of Recipe: "leaky_relu" is "leaky ReLU"; one that is not listed is itself."""
    return LABELS.get(name, name.replace("_", " "))
