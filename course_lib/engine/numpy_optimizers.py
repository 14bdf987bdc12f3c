"""The optimizer that a Recipe names, in NumPy."""

from course_lib.scratch import optimizers


def optimizer_for(recipe, parameters, decayed):
    """The optimizer that a recipe names. `decayed` are the weights, which "adamw" decays by the recipe's l2."""
    if recipe.optimizer == "adamw":
        return optimizers.AdamW(parameters, recipe.learning_rate, weight_decay=recipe.l2, decayed=decayed)
    classes = {
        "gradient_descent": optimizers.GradientDescent,
        "momentum": optimizers.Momentum,
        "nesterov": optimizers.Nesterov,
        "rmsprop": optimizers.RMSProp,
        "adam": optimizers.Adam,
    }
    return classes[recipe.optimizer](parameters, recipe.learning_rate)
