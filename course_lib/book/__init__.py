"""The book: the course as a folder of pages that needs no kernel, no server and no network.

    python -m course_lib.book

Every notebook is executed solved and becomes a page: an exercise stays open, with its solution behind a fold; an
explorer is mounted by the page itself; a prediction is remembered in the reader's browser. Sphinx makes the pages
(https://www.sphinx-doc.org), with MyST-NB for notebooks and the theme Furo; formulas become MathML when the book is
built, so that none needs a script.

    notebooks.py  an executed notebook as the page's notebook
    links.py      links of the course's files as links of the book
    site.py       the sources in one folder, and Sphinx over them
    conf.py       what Sphinx is told
    dead_links.py what leads nowhere when all is built
    mathml.py     formulas
    docstrings.py the package's docstrings as Sphinx wants them
    glossary.py   one word, one meaning: glossary.toml
    one_file.py   a notebook as one HTML file, for nbconvert
    static/       what the pages load: explorers, questions, the look
"""
