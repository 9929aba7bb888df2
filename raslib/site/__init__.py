"""The course as a static site, its browser edition, and both served to a team; needs the extra `site` or `hub`."""
