"""The names that exercise 5.8 gives for what six training curves suffer from, and for what cures it.

`CURVE_ILLNESSES` and `CURES` are {name: sentence}; the chapter shows both. Which is whose stands with the check, in
chapter_05/six_curves.py. The curves themselves come from `course_lib.experiments.six_curves`.
"""

CURVE_ILLNESSES = {
    "overfits": "It learns the few training images by heart, and what it learns of them does not carry over.",
    "network_too_small": "It cannot fit even its training images, however long it trains.",
    "learning_rate_too_high": "The steps jump over the floor of the valley, and back.",
    "too_few_or_too_short_steps": "It is on its way, and the run ends long before the floor.",
    "learns_wrong_labels": "Many training labels are wrong: first it learns the rule, then the errors.",
    "validation_leaked": "Validation images are among the training images, so the curve promises too much.",
    "validation_of_another_kind": "The validation images differ from the training images from the start.",
    "nothing": "A healthy run.",
}

CURES = {
    "more_images_or_a_penalty": "More training images, augmentation, dropout or L2.",
    "more_units": "A network with more hidden units.",
    "smaller_learning_rate": "A tenth of the learning rate.",
    "larger_learning_rate": "A larger learning rate, or many more epochs.",
    "look_at_the_labels_and_stop_early": "Look at the labels and mend them; until then stop at the best epoch.",
    "split_again": "Part training and validation images anew, without an image in both, and train again.",
    "leave_it": "Change nothing.",
}
