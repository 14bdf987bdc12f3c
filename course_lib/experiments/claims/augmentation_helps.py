"""Claim: training images that are shifted or mirrored at random raise the accuracy, on plain and on shifted images.

A shift moves an image by up to 2 pixels in both directions, in every step anew; a flip mirrors half of the images.
"""

from course_lib.experiments import remedies

EXPERIMENT = remedies.remedy_experiment(
    claim="Training images that are shifted or mirrored at random raise the accuracy.",
    source="the article; Simard et al. 2003",
    strengths={"shifts": ["shift"], "flips": ["flip"]},
    comparisons=[
        *remedies.over_none("shifts", words="shifts: "),
        *remedies.over_none("flips", words="flips: "),
        *remedies.over_none("shifts", remedies.SHIFTED, words="shifts, on shifted images: "),
    ],
)
