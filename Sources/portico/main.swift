// portico: written by its owner in the first milestone.
