// Pictures: see the files beside.
