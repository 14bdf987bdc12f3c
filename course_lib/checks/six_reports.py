"""Six short reports of measurements for exercise 6.7, the flaw of each and its remedy. Reading on spoils the exercise.

The reports and all their figures are made up for the exercise: nobody measured them. `REPORTS` is {letter: text},
`FLAWS` and `REMEDIES` are {name: sentence}. The learner answers {"A": (flaw, remedy), ..., "F": ...} with their names.
"""

from course_lib.checks.named_pairs import diagnose_pairs, expect_named_pairs

LETTERS = ("A", "B", "C", "D", "E", "F")

REPORTS = {
    "A": "We have 4,000 photographs of leaves, 400 of each of ten trees. To get more we moved each of them by up to "
    "three pixels, ten times, mixed all 44,000 and put aside 10% for validation and 10% for the test. The "
    "learning rate and the epoch were chosen on the validation part. The test part was then looked at once: "
    "98.6%, over ten seeds with an interval of 98.4 to 98.8%, and every tree is above 97%.",
    "B": "Of the 20,000 castings that we photographed, one picture each, 97% are sound and 3% are cracked. We "
    "divided them into training, validation and test part and chose network and learning rate on the validation "
    "part. On the test part, looked at once, 97.5% are judged rightly, over eight seeds with an interval of "
    "97.4 to 97.6%. We propose that the network sorts them from now on.",
    "C": "Last month we put batch norm into our network of eight layers and, while we were at it, raised the "
    "learning rate from 0.001 to 0.01. Over ten seeds before and the same ten after, the validation accuracy "
    "went from 87.1 to 91.2%, with an interval of 3.6 to 4.6 points for the difference and a gain in every "
    "class. All curves were level at the end, and the test part is untouched. So batch norm gives 4 points.",
    "D": "Does dropout help our reader of letters? We trained it without dropout and with a drop rate of 0.2, all "
    "else being equal; of five learning rates 0.001 was the best for both. Both curves were level when the runs "
    "ended. The validation accuracy is 94.1% without and 94.7% with it, higher in 24 of 26 letters. Both runs "
    "had seed 0. We keep dropout, which gives 0.6 points.",
    "E": "We tried 20 variants of our network for road signs, all trained until their curves were level, with five "
    "seeds each. The table has the accuracy of each of them on the test images, none of which is among the "
    "training images. Variant 14 is the best: 93.8%, with an interval of 93.5 to 94.1%, and no kind of sign is "
    "below 91%. We take it, and tell our customer that it will be right about 93.8% of new signs.",
    "F": "Gradient descent has served us for years at a learning rate of 0.1. Now we compared it with Adam: the same "
    "network, the same batches, the same rate, ten seeds each. Gradient descent comes to 92.0% of the "
    "validation images, Adam to 58.3%, with an interval of 31 to 37 points for the difference, and it is behind "
    "in every class. Adam's loss has not fallen since epoch 5 of 60. Adam is not for our data.",
}

FLAWS = {
    "chosen_on_test_data": "The number that is reported also made the choice, so it promises too much.",
    "one_run_each": "The difference may come from the seed alone.",
    "one_learning_rate_for_both": "The rate suits one of the two that are compared, and not the other.",
    "copies_in_both_parts": "What the network is tested with is almost what it was trained with.",
    "one_number_hides_a_class": "The accuracy over all examples says little about the examples that matter.",
    "two_things_changed": "The gain may come from something else than what gets the credit.",
    "too_few_epochs": "The runs ended while they were still getting better.",
    "nothing_wrong": "The report shows what it says.",
}

REMEDIES = {
    "choose_on_validation_data": "Choose on validation data, and look at the test data once, for what was chosen.",
    "more_seeds_and_an_interval": "Train both with several seeds and give the interval of the difference.",
    "tune_each_at_its_own_rate": "Look for the best learning rate of each, with equal effort, and compare those.",
    "split_before_copying": "Divide the originals first, and make copies of the training part alone.",
    "look_at_every_class": "Give the recall of every class, or the whole confusion matrix.",
    "change_one_thing_at_a_time": "Measure each change without the other, too.",
    "train_longer": "Train until the validation loss is level.",
}

_ANSWERS = {
    "A": ("copies_in_both_parts", "split_before_copying"),
    "B": ("one_number_hides_a_class", "look_at_every_class"),
    "C": ("two_things_changed", "change_one_thing_at_a_time"),
    "D": ("one_run_each", "more_seeds_and_an_interval"),
    "E": ("chosen_on_test_data", "choose_on_validation_data"),
    "F": ("one_learning_rate_for_both", "tune_each_at_its_own_rate"),
}

_NEXT_LOOK = {
    "A": "Take one photograph and its ten copies, and follow them: where does each of the eleven end up?",
    "B": "What would a network get that calls every casting sound?",
    "C": "Write down how the two networks differ, field by field, as in exercise 6.1.",
    "D": "By how much would the 94.1% change if the same network were trained again with another seed?",
    "E": "What was the number 93.8% used for, before it was told to the customer?",
    "F": "Who chose the learning rate, and for which of the two?",
}

_WHY_NOT = {
    ("A", "chosen_on_test_data"): "It was chosen on the validation part, and the test part was looked at once.",
    ("A", "one_number_hides_a_class"): "Every tree is above 97%.",
    ("A", "one_run_each"): "There are ten seeds, with an interval.",
    ("A", "nothing_wrong"): "Seeds, validation and test look right. Something went wrong before the data was divided.",
    ("B", "copies_in_both_parts"): "There is one picture of each casting, and nothing was copied.",
    ("B", "one_run_each"): "There are eight seeds, and the interval is narrow.",
    ("B", "chosen_on_test_data"): "The choice was made on the validation part.",
    ("B", "nothing_wrong"): "97.5% sounds like much. Compare it with the 97% of the first sentence.",
    ("C", "one_run_each"): "There are ten seeds on each side, and an interval far from 0.",
    ("C", "one_learning_rate_for_both"): "The two were trained at different rates. Is that all in which they differ?",
    ("C", "one_number_hides_a_class"): "Every class gains.",
    ("C", "too_few_epochs"): "All curves were level at the end.",
    ("C", "nothing_wrong"): "The 4 points are sure. Is it sure what they come from?",
    ("D", "two_things_changed"): "The drop rate is all that changed.",
    ("D", "one_learning_rate_for_both"): "That rate was the best of five for both.",
    ("D", "chosen_on_test_data"): "The numbers are of the validation part.",
    ("D", "too_few_epochs"): "Both curves were level when the runs ended.",
    ("D", "one_number_hides_a_class"): "24 of 26 letters say the same.",
    ("D", "nothing_wrong"): "How large are the differences that come by themselves?",
    ("E", "one_run_each"): "Each variant had five seeds, and there is an interval.",
    ("E", "copies_in_both_parts"): "None of the test images is among the training images.",
    ("E", "two_things_changed"): "The report gives no single change the credit: it picks one of 20 variants.",
    ("E", "one_number_hides_a_class"): "No kind of sign is below 91%.",
    ("E", "nothing_wrong"): "The best of 20 was also the luckiest of 20 on these images. Which images would tell?",
    ("F", "two_things_changed"): "The optimizer is all that changed. Should something else have changed with it?",
    ("F", "too_few_epochs"): "Adam's loss has not fallen since epoch 5: it would not fall in more epochs.",
    ("F", "one_run_each"): "There are ten seeds on each side, and an interval far from 0.",
    ("F", "one_number_hides_a_class"): "Adam is behind in every class.",
    ("F", "nothing_wrong"): "The figures are sure, for Adam at *this* learning rate.",
}

_OTHER_REMEDY = {
    "copies_in_both_parts": "Every seed would be tested with such copies. Which should come first, copies or parts?",
    "one_number_hides_a_class": "What would show you how many of the cracked castings are found?",
    "two_things_changed": "Two changes make four networks. Which of them have not been trained?",
    "one_run_each": "How would you find out how far two runs of one network lie apart?",
    "chosen_on_test_data": "Which part of the data is there to make choices with?",
    "one_learning_rate_for_both": "What would be fair to both?",
}


def examine_reports(submitted):
    """The check of exercise 6.7. Says which letters are right, and for the others what to look at next.

    Parameters
    ----------
    submitted : function without arguments that returns {"A": (flaw, remedy), ..., "F": (flaw, remedy)}

    Raises
    ------
    Diagnosis : something is wrong with the answer
    """
    answers = expect_named_pairs(submitted, LETTERS, FLAWS, REMEDIES, "remedy", first="flaw")
    diagnose_pairs(answers, _ANSWERS, _told)
    return "Six reports, six flaws, and for each what would have kept it out."


def _told(letter, flaw, remedy):
    if flaw == _ANSWERS[letter][0]:
        return f"the flaw is right, and {remedy!r} does not meet it.", (_OTHER_REMEDY[flaw],)
    return f"its flaw is another one than {flaw!r}.", (_WHY_NOT.get((letter, flaw)), _NEXT_LOOK[letter])
