"""The article's exercise network with every number on a slider and every sum written out, node by node."""

from course_lib.explorers.web_explorer import WebExplorer


class ArticleNetworkExplorer(WebExplorer):
    """The article's network: (3, 4) gives n = (8, 3) and y = (46, 0) at the start.

    Fields: x1, x2; wIJ, the weight from input I to hidden unit J, and bJ; vIJ, the weight from hidden unit I to
    output J, and cJ.
    """

    module = "article_network"
