"""The optimizer that a Recipe names, for the parameters of the PyTorch engine."""

from course_lib.pytorch import optimizers


def optimizer_for(recipe, parameters, weights):
    """The optimizer that a recipe names, with its learning rate.

    Parameters
    ----------
    parameters : list of tensors
    weights : those of them that "adamw" decays by the recipe's l2
    """
    kinds = {
        "gradient_descent": optimizers.GradientDescent,
        "momentum": optimizers.Momentum,
        "nesterov": optimizers.Nesterov,
        "rmsprop": optimizers.RMSProp,
        "adam": optimizers.Adam,
    }
    if recipe.optimizer in kinds:
        return kinds[recipe.optimizer](parameters, recipe.learning_rate)
    own = {id(weight) for weight in weights}
    rest = [parameter for parameter in parameters if id(parameter) not in own]
    groups = [{"params": list(weights), "weight_decay": recipe.l2}, {"params": rest, "weight_decay": 0.0}]
    return optimizers.AdamW([group for group in groups if group["params"]], recipe.learning_rate)
