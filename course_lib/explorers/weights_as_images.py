"""What a network sees in pictures of clothes: the weights from the pixels to each class or hidden unit, as an image."""

from course_lib.explorers.web_explorer import WebExplorer


class WeightsAsImagesExplorer(WebExplorer):
    """A network on 2,000 small images of clothes, trained in the page. Fields:

    hidden_units (0: no hidden layer), activation, optimizer, learning_rate, l2, batch_size, seed, and image: which of
    the 500 validation images is looked at. The weights start as Xavier's.
    """

    module = "weights_as_images"
