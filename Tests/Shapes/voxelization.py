"""Holds our voxels and surfaces against trimesh's.

    pip install trimesh numpy scipy networkx rtree
    figment data prepare FOLDER shapes.safetensors --voxels 64      # meshes of FOLDER, .obj
    python3 Tests/Shapes/voxelization.py FOLDER shapes.safetensors [SURFACES]

Prints, for every watertight mesh of FOLDER, the intersection over union of our solid volume with trimesh's, which marks the
voxels of points strewn over the surface and fills what is closed; and of the meshes in SURFACES, which we wrote, whether they
are closed and consistently wound.
"""
import json, os, struct, sys
import numpy, trimesh
from scipy import ndimage

folder, prepared = sys.argv[1:3]
with open(prepared, "rb") as file:
    size = struct.unpack("<Q", file.read(8))[0]
    header = json.loads(file.read(size))
    data = file.read()
side = json.loads(header["__metadata__"]["figment"])["side"]
part = lambda name: data[slice(*header[name]["data_offsets"])]
names = part("names").decode().split("\0")[:-1]
bits = numpy.frombuffer(part("volumes"), "u1").reshape(len(names), -1)
ours = numpy.unpackbits(bits, axis=1, bitorder="little")[:, : side**3].reshape(-1, side, side, side)

scores = []
for name, volume in zip(names, ours):
    mesh = trimesh.load(os.path.join(folder, name), force="mesh", process=True)
    if not mesh.is_watertight:
        continue
    # As we place it: in the middle, the longest side on all voxels but one at either end.
    lower, upper = mesh.bounds
    mesh.apply_translation(-(lower + upper) / 2)
    mesh.apply_scale((side - 2 - 2e-3) / (upper - lower).max())
    mesh.apply_translation([side / 2] * 3)
    # trimesh's own way (subdivide until edges are short, mark the voxels of the vertices), with shorter edges than it takes by
    # itself, so that voxels which are cut by a corner only are not missed.
    points, _ = trimesh.remesh.subdivide_to_size(mesh.vertices, mesh.faces, max_edge=1 / 8, max_iter=30)[:2]
    theirs = numpy.zeros((side,) * 3, bool)
    x, y, z = numpy.floor(points).astype(int).clip(0, side - 1).T
    theirs[z, y, x] = True
    theirs = trimesh.voxel.VoxelGrid(theirs).fill("holes").matrix
    union = (volume.astype(bool) | theirs).sum()
    score = (volume.astype(bool) & theirs).sum() / union
    # The voxels whose middles lie inside: all of them must be full.
    inside = ndimage.binary_erosion(theirs)
    scores.append(score)
    print(f"{name}: {len(mesh.faces)} faces, {int(volume.sum())} voxels of ours, {int(theirs.sum())} of trimesh's, IoU {score:.4f}",
          "" if volume.astype(bool)[inside].all() else "INSIDE IS MISSING")
print(f"{len(scores)} watertight meshes: IoU from {min(scores):.4f}, mean {numpy.mean(scores):.4f}")

failures = int(min(scores) < 0.98)
for name in sorted(os.listdir(sys.argv[3])) if len(sys.argv) > 3 else []:
    mesh = trimesh.load(os.path.join(sys.argv[3], name), force="mesh")
    good = mesh.is_watertight and mesh.is_winding_consistent and mesh.volume > 0
    print(f"{name}: {len(mesh.faces)} faces, {'closed and consistently wound' if good else 'NOT CLOSED OR NOT CONSISTENT'}")
    failures += not good
sys.exit(failures)
