"""Compares a GGUF file with one of llama.cpp's converter: every tensor's type, shape and bytes, every key.

    python compare_gguf.py MINE.gguf REFERENCE.gguf

Prints what differs; ends with 1 when a tensor differs. Keys are shown for a person to judge: names and authors of a
model are not converted.
"""

import sys

import gguf
import numpy as np


def value(field):
    return field.contents()


def main(mine, reference):
    a, b = gguf.GGUFReader(mine), gguf.GGUFReader(reference)
    tensors_a = {t.name: t for t in a.tensors}
    tensors_b = {t.name: t for t in b.tensors}
    bad = sorted(tensors_a.keys() ^ tensors_b.keys())
    for name in sorted(tensors_a.keys() & tensors_b.keys()):
        x, y = tensors_a[name], tensors_b[name]
        if x.tensor_type != y.tensor_type or list(x.shape) != list(y.shape) or not np.array_equal(
                x.data.view(np.uint8), y.data.view(np.uint8)):
            bad.append(f"{name}: {x.tensor_type.name} {list(x.shape)} against {y.tensor_type.name} {list(y.shape)}")
    print(f"{len(tensors_a)} tensors, {len(bad)} differ: {bad}")
    keys_a = {f.name: value(f) for f in a.fields.values() if not f.name.startswith("GGUF.")}
    keys_b = {f.name: value(f) for f in b.fields.values() if not f.name.startswith("GGUF.")}
    for key in sorted(keys_a.keys() | keys_b.keys()):
        x, y = keys_a.get(key), keys_b.get(key)
        if x != y:
            if isinstance(x, list) and isinstance(y, list) and len(x) == len(y):
                at = [i for i in range(len(x)) if x[i] != y[i]]
                print(f"  key {key}: {len(at)} of {len(x)} differ, first {at[0]}: {x[at[0]]!r} against {y[at[0]]!r}")
            else:
                print(f"  key {key}: {str(x)[:90]} against {str(y)[:90]}")
    return 1 if bad else 0


sys.exit(main(*sys.argv[1:]))
