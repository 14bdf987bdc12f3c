"""What the same mistake means in several exercises of this chapter."""

GRADIENT_ADDED = "You go uphill: the gradient is added. Descent subtracts it."
SUM_FOR_MEAN = "That is the sum over the examples; the mean divides by how many there are."
