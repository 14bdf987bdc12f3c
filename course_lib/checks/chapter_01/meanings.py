"""What the same mistake means in several exercises of this chapter."""

BIAS_FORGOTTEN = "The bias is missing. Where do you add it?"
NO_ACTIVATION = "The activation is missing: ReLU turns negative sums into 0, `np.maximum(z, 0)`."
ABSOLUTE_VALUE = "That is the absolute value: ReLU turns negative sums into 0, it does not change their sign."
TRANSPOSED = "The weights come as (fan_in, fan_out) and are used as (fan_out, fan_in). Leave out `.T`."
