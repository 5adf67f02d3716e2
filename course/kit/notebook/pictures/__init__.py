"""Pictures that belong to one lesson each, built on `course.kit.notebook.plots`."""
