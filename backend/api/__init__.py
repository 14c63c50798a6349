"""HTTP beside the page: what other programs may ask, and from where."""
