"""Makes the .mat files beside it, with scipy: python3 make.py"""
import numpy, scipy.io, scipy.sparse

i, j, k = numpy.indices((5, 6, 7))
shape = ((i * 3 + j * 5 + k) % 4 == 0)
for name, kind in [("uint8", "u1"), ("int16", "i2"), ("single", "f4"), ("double", "f8"), ("int64", "i8"), ("logical", "?")]:
    scipy.io.savemat(f"{name}.mat", {"instance": shape.astype(kind)})
    scipy.io.savemat(f"{name}-compressed.mat", {"instance": shape.astype(kind)}, do_compression=True)
scipy.io.savemat("second.mat", {"other": numpy.eye(3), "cells": numpy.array([[1, "a"]], dtype=object), "instance": shape.astype("u1")})
scipy.io.savemat("other-name.mat", {"voxels": shape.astype("u1")})
scipy.io.savemat("matrix.mat", {"instance": numpy.eye(4)})
scipy.io.savemat("large-values.mat", {"instance": shape * 255.0})
scipy.io.savemat("text.mat", {"instance": "a chair"})
scipy.io.savemat("complex.mat", {"instance": shape * 1j})
scipy.io.savemat("sparse.mat", {"instance": scipy.sparse.eye(4, format="csc")})
scipy.io.savemat("level-4.mat", {"instance": numpy.eye(4)}, format="4")
