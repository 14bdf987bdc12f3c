"""Six short reports of measurements for exercise 6.7, and the names that it gives for flaws and remedies.

The reports and all their figures are made up for the exercise: nobody measured them. `REPORTS` is {letter: text},
`FLAWS` and `REMEDIES` are {name: sentence}; the chapter shows all three. Which flaw is whose stands with the check, in
chapter_06/flaws.py.
"""

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
