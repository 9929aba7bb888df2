"""How Sphinx renders the site: with myst-nb and furo, from notebooks that have their outputs already."""

from typing import Any

from raslib import __version__

project = "The arm64 RAS kit"
author = "The arm64 RAS kit contributors"
project_copyright = author
version = release = __version__
extensions = ["myst_nb"]
html_theme = "furo"
html_title = f"{project} {version}"
templates_path = ["_templates"]
exclude_patterns = [".*", "conf.py"]
nb_execution_mode = "off"
nb_render_markdown_format = "myst"
nb_ipywidgets_js: dict[str, Any] = {}  # which would be loaded from elsewhere
nb_merge_streams = True
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
html_css_files = ["views.css", "site.css"]
html_static_path = ["_static"]
html_show_sourcelink = html_copy_source = html_show_sphinx = False
html_show_search_summary = False  # for which each page that is found would be asked for
suppress_warnings = ["myst.xref_missing"]  # links.py finds them
