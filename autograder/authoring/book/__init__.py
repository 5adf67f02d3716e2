"""The book: the seven lessons as a website in both languages, made with Sphinx and MyST-NB."""
